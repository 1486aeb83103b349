"""The instant checks of chapter 05, a function for each exercise.

Start reading in ``blocks.py``.
"""

from course_utils.checks import report
from course_utils.checks.residual.ablating import ablate_block
from course_utils.checks.residual.blocks import basic_block
from course_utils.checks.residual.capturing import capture
from course_utils.checks.residual.formula import gradient_formula
from course_utils.checks.residual.projecting import projection
from course_utils.checks.residual.tiny import SlimResNet

__all__ = [
    "SlimResNet",
    "ablate_block",
    "basic_block",
    "capture",
    "gradient_formula",
    "progress",
    "projection",
]

POINTS = {
    "BasicBlock": 5,
    "logits_without": 4,
    "needs_projection and projection_blocks": 3,
    "capture_residuals": 4,
    "unit_jacobians": 4,
}


def progress() -> None:
    """Print where you are in chapter 05."""
    report.progress(POINTS, written={"Why residual?": 4})
