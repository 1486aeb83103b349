"""`start`: what EfficientNet-Lite0's ImageNet weights give on all of CIFAR-10, on a CPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.analysis.arms import choose_rate
from course_utils.data.augment import Augment, Preprocess
from course_utils.data.images import ImageSet, Splits
from course_utils.evidence.methods import (
    Method,
    Stage,
    bfloat16_if_fast,
    counts,
    measure,
    measure_probe,
    start_from_probe,
)
from course_utils.evidence.networks import IMAGENET, SCRATCH, lite0
from course_utils.evidence.running import Experiment, Lab
from course_utils.models.freezing import count_parameters, unfreeze
from course_utils.models.lite0 import ARCH
from course_utils.models.weights import find_weights
from course_utils.training.device import cpu_has_bfloat16
from course_utils.training.evaluation import accuracy
from course_utils.training.probes import extract_features
from course_utils.training.recipe import Phase, Recipe

TRAIN, VAL = 45_000, 5_000
SIZES = (96, 128, 160, 224)
NEIGHBOURS = (1, 5, 10, 20, 50, 100)
RATES = (3e-4, 1e-3, 3e-3)
TRIAL_IMAGES = 2_000
PENALTY = 1e-3  # of the probe whose head fine-tuning starts from
FROZEN = ("stem", "stage1", "stage2")
AUGMENT = Augment(pad=2)


def load(lab: Lab) -> Splits:
    """All of CIFAR-10: 45,000 training, 5,000 validation and 10,000 test images."""
    return lab.splits(TRAIN, VAL)


def at_size(size: int) -> Preprocess:
    """The preprocessing of the weights, images resized to ``size`` pixels first."""
    return find_weights("imagenet", ARCH).at_size(size)


def features_of(splits: Splits, part: str, size: int) -> Tensor:
    """Features ``[N, 1280]`` of one split, in bfloat16 where the CPU has it; kept in the cache."""
    model = lite0(0, splits.train)
    with bfloat16_if_fast():
        return extract_features(model, getattr(splits, part), at_size(size))


def measure_features(size: int, lab: Lab) -> dict:
    """A linear probe on features of images at ``size`` pixels."""
    return measure_probe(IMAGENET, lite0, at_size(size), lab, lambda seed: load(lab), seeds=(0,))


def measure_neighbours(size: int, lab: Lab) -> dict:
    """Votes of the nearest training images, by cosine; their number chosen on validation."""
    splits, started = load(lab), time.perf_counter()
    known = features_of(splits, "train", size)
    allowed = [k for k in NEIGHBOURS if k <= len(known)]
    val = votes(known, splits.train.labels, features_of(splits, "val", size), allowed)
    grid: dict[float, float] = {k: accuracy(logits, splits.val.labels) for k, logits in val.items()}
    k = int(choose_rate(grid, "neighbours"))
    test = votes(known, splits.train.labels, features_of(splits, "test", size), [k])[k]
    score = accuracy(test, splits.test.labels)
    return _frozen_arm(splits, size, grid, score, started)


def votes(known: Tensor, labels: Tensor, features: Tensor, numbers: Sequence[int]) -> dict[int, Tensor]:
    """:func:`~course_utils.training.probes.neighbour_votes` for several numbers of neighbours at once.

    Returns:
        For each number the votes, float ``[N, C]``.
    """
    known = F.normalize(known, dim=1).T.contiguous()
    near = [(F.normalize(some, dim=1) @ known).topk(max(numbers), dim=1) for some in features.split(500)]
    similar = torch.cat([found.values for found in near])
    of = labels[torch.cat([found.indices for found in near])]
    empty = similar.new_zeros(len(features), int(labels.max()) + 1)
    return {k: empty.scatter_add(1, of[:, :k], similar[:, :k]) for k in numbers}


def _frozen_arm(splits: Splits, size: int, grid: dict, test: float, started: float) -> dict:
    best = max(grid, key=grid.__getitem__)
    return {
        "start": IMAGENET,
        "images": counts(splits),
        "seeds": [0],
        "rate": best,
        "grid": {f"{key:g}": round(value, 5) for key, value in grid.items()},
        "grid_at_edge": best in (min(grid), max(grid)),
        "grid_terms": "number of neighbours, all training images",
        "stages": [{"pixels": size, "epochs": [0], "bfloat16": cpu_has_bfloat16()}],
        "test": [round(test, 5)],
        "val": [round(grid[best], 5)],
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "trainable": 0,
    }


def free_late_stages(model: nn.Module) -> int:
    """Freeze the stem and the first two stages, which cost half of a training step."""
    model.requires_grad_(True)
    for name in FROZEN:
        model.get_submodule(name).requires_grad_(False)
    return count_parameters(model, trainable=True)


def recipe(epochs: int, rate: float, prepare) -> Recipe:
    """AdamW, cosine to zero, batches of 64, crop and flip."""
    return Recipe((Phase(epochs, rate, prepare=prepare),), batch_size=64, augment=AUGMENT)


def partial_stages(lab: Lab, rate: float) -> list[Stage]:
    """Two epochs at 96 px, one at 144 at half the rate."""
    return _stages(lab, rate, ((96, 2, 1.0), (144, 1, 0.5)), free_late_stages)


def full_stages(lab: Lab, rate: float) -> list[Stage]:
    """Two epochs at 96 px, two at 128 at half the rate, one at 160 at a quarter."""
    return _stages(lab, rate, ((96, 2, 1.0), (128, 2, 0.5), (160, 1, 0.25)), unfreeze)


def _stages(lab: Lab, rate: float, plan, prepare) -> list[Stage]:
    return [
        Stage(at_size(pixels), recipe(lab.few(epochs), rate * factor, prepare))
        for pixels, epochs, factor in plan[: lab.few(len(plan))]
    ]


def from_imagenet(seed: int, images: ImageSet) -> nn.Module:
    """The pretrained network with the head of a probe on ``images`` at 96 px."""
    model = lite0(seed, images)
    with bfloat16_if_fast():
        features = extract_features(model, images, at_size(96))
    start_from_probe(model, features, images, PENALTY)
    return model


def fine_tuning(lab: Lab, stages, start: str = IMAGENET, build=from_imagenet) -> Method:
    """The method of an arm; its rate is chosen by two epochs on 2,000 images at 96 px."""
    return Method(
        start=start,
        build=build,
        stages=partial(stages, lab),
        rates=RATES,
        trial=lambda rate: stages(lab, rate)[:1],
        trial_images=TRIAL_IMAGES,
        mirrored=True,
    )


def measure_fine_tuning(stages, lab: Lab) -> dict:
    """Fine-tuning from the head of a probe."""
    return measure(fine_tuning(lab, stages), lab, lambda seed: load(lab))


def measure_scratch(lab: Lab) -> dict:
    """The same network, sizes and epochs as full fine-tuning, from random weights."""
    method = fine_tuning(lab, full_stages, SCRATCH, partial(lite0, start=SCRATCH))
    return measure(method, lab, lambda seed: load(lab))


ARMS: dict[str, Callable[[Lab], dict]] = {
    **{f"nearest neighbours, {size} px": partial(measure_neighbours, size) for size in (96, 128, 224)},
    **{f"linear probe, {size} px": partial(measure_features, size) for size in SIZES},
    "partial fine-tuning": partial(measure_fine_tuning, partial_stages),
    "full fine-tuning": partial(measure_fine_tuning, full_stages),
    "from scratch": measure_scratch,
}
EXPERIMENT = Experiment(
    name="start",
    question="How far does a small network with ImageNet weights get on all of CIFAR-10, on a CPU?",
    minutes=360,
    arms=ARMS,
    terms={"frozen in partial fine-tuning": ", ".join(FROZEN), "network": "EfficientNet-Lite0"},
)
