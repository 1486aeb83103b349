"""Networks: build them, give them weights, change head and stem, freeze them, and count what they cost.

Start reading in ``building.py`` (``build_model``), then ``heads.py`` and ``freezing.py``.
"""

from __future__ import annotations

from course_utils.models.alexnet import build_alexnet
from course_utils.models.architectures import ARCHITECTURES
from course_utils.models.building import build_model, describe_start, new_layers
from course_utils.models.by_stage import Stage, stages
from course_utils.models.cost import (
    forward_flops,
    last_map,
    map_sides,
    multiply_adds,
    on_meta,
    smallest_input,
    training_mib,
)
from course_utils.models.freezing import (
    count_parameters,
    eval_mode,
    free_last_block,
    free_norms_and_last_block,
    freeze_backbone,
    train_mode,
    unfreeze,
)
from course_utils.models.heads import find_head, replace_head
from course_utils.models.seeding import seeded
from course_utils.models.stacks import build_stack
from course_utils.models.stems import ALEXNET_STEMS, RESNET_STEMS, adapt_stem, centre_crop, resample
from course_utils.models.weights import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Weights,
    common_source,
    describe_weights,
    find_weights,
    from_file,
)

__all__ = [
    "ALEXNET_STEMS",
    "ARCHITECTURES",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "RESNET_STEMS",
    "Stage",
    "Weights",
    "adapt_stem",
    "build_alexnet",
    "build_model",
    "build_stack",
    "centre_crop",
    "common_source",
    "count_parameters",
    "describe_start",
    "describe_weights",
    "eval_mode",
    "find_head",
    "find_weights",
    "forward_flops",
    "free_last_block",
    "free_norms_and_last_block",
    "freeze_backbone",
    "from_file",
    "last_map",
    "map_sides",
    "multiply_adds",
    "new_layers",
    "on_meta",
    "replace_head",
    "resample",
    "seeded",
    "smallest_input",
    "stages",
    "train_mode",
    "training_mib",
    "unfreeze",
]
