"""Instant checks of the exercises, a module per notebook."""

from course_utils.checks import comparison, concepts, finetune, residual, zoo
from course_utils.checks.graded import hidden, own_work, quietly
from course_utils.checks.report import CheckFailed, LibraryAnswer

__all__ = [
    "CheckFailed",
    "LibraryAnswer",
    "comparison",
    "concepts",
    "finetune",
    "hidden",
    "own_work",
    "quietly",
    "residual",
    "zoo",
]
