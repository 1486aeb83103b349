"""An arm of linear probes: a frozen network's features, one linear layer on them, once for each seed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from torch import nn

from course_utils.analysis.arms import Arm
from course_utils.data.augment import Preprocess
from course_utils.data.images import Splits
from course_utils.training.device import best_device
from course_utils.training.evaluation import accuracy
from course_utils.training.probes import extract_features, fit_probe

DECAY = 0.1  # of the probe's weights, the same for all arms


def probe_arm(
    name: str,
    build: Callable[[int], nn.Module],
    preprocess: Preprocess,
    splits: Splits,
    amounts: SimpleNamespace,
) -> Arm:
    """Validation accuracy of a linear probe on the features of ``build(seed)``, for the seeds 0, 1, ...

    Each seed draws its own part of the training images; the validation images are the same for all.

    Args:
        amounts: of the budget: ``train`` and ``val`` images to take, and ``seeds``.
    """
    val_images = splits.val.take(amounts.val, 0)
    scores = []
    for seed in range(amounts.seeds):
        model, images = build(seed).to(best_device()), splits.train.take(amounts.train, seed)
        known, unknown = (extract_features(model, part, preprocess) for part in (images, val_images))
        probe = fit_probe(known, images.labels, len(splits.classes), weight_decay=DECAY)
        scores.append(accuracy(probe(unknown), val_images.labels))
    return Arm(name, tuple(scores), len(val_images))
