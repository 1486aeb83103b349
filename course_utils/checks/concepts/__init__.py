"""The instant checks of chapter 01, a function for each exercise; and what they run on, for hidden tests.

Start reading in ``worth.py``.
"""

from course_utils.checks import report
from course_utils.checks.concepts.counting import probe_size
from course_utils.checks.concepts.permuting import OwnNorm, permuted_control
from course_utils.checks.concepts.ranking import topk
from course_utils.checks.concepts.streaming import (
    MOST_AT_ONCE,
    MOST_KEPT,
    Feed,
    Memory,
    long_stream,
    streaming,
)
from course_utils.checks.concepts.worth import label_worth

__all__ = [
    "Feed",
    "MOST_AT_ONCE",
    "MOST_KEPT",
    "Memory",
    "OwnNorm",
    "label_worth",
    "long_stream",
    "permuted_control",
    "probe_size",
    "progress",
    "streaming",
    "topk",
]

POINTS = {
    "labels_needed and label_worth": 4,
    "permuted_control": 4,
    "streaming_statistics": 4,
    "probe_size": 3,
    "topk_accuracy": 3,
}


def progress() -> None:
    """Print where you are in chapter 01."""
    report.progress(POINTS, written={"Your decision": 4})
