"""Instant checks of the exercises, a package for each notebook.

Start reading in ``core.py`` (how a check runs its cases), then in any exercise of a chapter;
``graded.py`` holds what hidden tests need.
"""

from course_utils.checks import comparison, concepts, finetune, residual, zoo
from course_utils.checks.graded import hidden, own_work, quietly
from course_utils.checks.report import CheckFailed, LibraryAnswer
from course_utils.checks.unchanged import Kept
from course_utils.checks.unfilled import empty_is_nan

__all__ = [
    "CheckFailed",
    "Kept",
    "LibraryAnswer",
    "comparison",
    "concepts",
    "empty_is_nan",
    "finetune",
    "hidden",
    "own_work",
    "quietly",
    "residual",
    "zoo",
]
