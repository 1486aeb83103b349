"""The instant checks of chapter 03, a function for each exercise; and what they run on, for hidden tests.

Start reading in ``gradients.py``.
"""

from course_utils.checks import report
from course_utils.checks.finetune.choosing import choose
from course_utils.checks.finetune.cleaning import clean_data
from course_utils.checks.finetune.evaluating import evaluation
from course_utils.checks.finetune.freezing import freeze
from course_utils.checks.finetune.gradients import untouched
from course_utils.checks.finetune.grouping import groups
from course_utils.checks.finetune.repairing import repair
from course_utils.checks.finetune.scripts import trial, without_a_right_image
from course_utils.checks.finetune.stem import keep_stem, smallest_map_before_layer1
from course_utils.checks.finetune.tiny import SmallResNet
from course_utils.checks.finetune.training import epoch

__all__ = [
    "SmallResNet",
    "choose",
    "clean_data",
    "epoch",
    "evaluation",
    "freeze",
    "groups",
    "keep_stem",
    "progress",
    "repair",
    "smallest_map_before_layer1",
    "trial",
    "untouched",
    "without_a_right_image",
]

POINTS = {
    "freeze_backbone and train_mode": 4,
    "fine_tune": 6,
    "choose_checkpoint": 2,
    "untouched_parameters": 2,
    "parameter_groups": 4,
    "train_one_epoch": 4,
    "find_leaks and channel_statistics": 4,
    "keep_stem": 3,
    "evaluate": 3,
}


def progress() -> None:
    """Print where you are in chapter 03."""
    report.progress(POINTS, written={"Your decision": 4})
