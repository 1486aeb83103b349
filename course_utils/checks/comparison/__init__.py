"""The instant checks of chapter 04, a function for each exercise; and what they run on, for hidden tests.

Start reading in ``adapting.py``.
"""

from course_utils.checks import report
from course_utils.checks.comparison.adapting import adapt_alexnet
from course_utils.checks.comparison.fractions import fair_frozen
from course_utils.checks.comparison.kernels import kernel_resample
from course_utils.checks.comparison.pairs import mcnemar
from course_utils.checks.comparison.temperatures import temperature
from course_utils.checks.comparison.tiny import confident_logits, narrow_alexnet, predictions

__all__ = [
    "adapt_alexnet",
    "confident_logits",
    "fair_frozen",
    "kernel_resample",
    "mcnemar",
    "narrow_alexnet",
    "predictions",
    "progress",
    "temperature",
]

POINTS = {
    "adapt_alexnet": 4,
    "trainable_fractions": 3,
    "mcnemar": 4,
    "crop_kernel and resample_kernel": 4,
    "find_temperature": 4,
}


def progress() -> None:
    """Print where you are in chapter 04."""
    report.progress(POINTS, written={"Your conclusion": 4})
