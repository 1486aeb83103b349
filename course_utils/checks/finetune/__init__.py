"""The instant checks of chapter 03, a function per exercise."""

from course_utils.checks.finetune.choosing import choose
from course_utils.checks.finetune.cleaning import clean_data
from course_utils.checks.finetune.evaluating import evaluation
from course_utils.checks.finetune.freezing import freeze
from course_utils.checks.finetune.gradients import untouched
from course_utils.checks.finetune.grouping import groups
from course_utils.checks.finetune.stem import keep_stem
from course_utils.checks.finetune.training import epoch

__all__ = [
    "choose",
    "clean_data",
    "epoch",
    "evaluation",
    "freeze",
    "groups",
    "keep_stem",
    "untouched",
]
