"""The tutorials' recipes on CIFAR-10, from pretrained weights and from scratch: for a GPU."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace

from report import markdown

from course_utils.augment import Preprocess
from course_utils.data import Splits
from course_utils.evaluate import evaluate
from course_utils.models import build_model
from course_utils.train import Phase, Recipe, best_device, fit
from course_utils.weights import IMAGENET_MEAN, IMAGENET_STD, find_weights

SEEDS = 3


@dataclass(frozen=True)
class Published:
    """A tutorial's recipe, as near as ours comes to it, and what the tutorial says it reached.

    Args:
        claim: test accuracy that the tutorial prints, a fraction, from ImageNet weights.
    """

    name: str
    stem: str
    recipe: Recipe
    claim: float


PUBLISHED = (
    Published(
        "stock stem, 40 epochs", "stock",
        Recipe((Phase(40, 1e-3, backbone_lr=1e-3),), 64, "adamw", schedule="plateau"), 0.8608,
    ),
    Published(
        "3x3 stem, 20 epochs", "conv3x3",
        Recipe((Phase(20, 0.01),), 128, "sgd", weight_decay=5e-4), 0.9491,
    ),
)  # fmt: skip


def section(splits: Splits, starts: tuple[str, ...], quick: bool = False) -> str:
    """Three seeds of each recipe from each start; the epoch is chosen on val, test is read once.

    Args:
        starts: as in :func:`course_utils.weights.find_weights`; ``imagenet`` needs `course fetch resnet18`.
    """
    rows = []
    for published in PUBLISHED:
        for source in starts:
            runs = [_run(published, source, splits, seed, quick) for seed in range(1 if quick else SEEDS)]
            accuracies, seconds = zip(*runs)
            weights = find_weights(source)
            rows.append([
                published.name, weights.name if weights else "from scratch", f"{statistics.mean(accuracies):.2%}",
                f"{min(accuracies):.2%} to {max(accuracies):.2%}", f"{statistics.median(seconds):.1f}",
                f"{published.claim:.2%}",
            ])  # fmt: skip
    head = ["recipe", "started from", "test accuracy", "seeds", "seconds", "tutorial's claim"]
    note = "The claims are from ImageNet weights: what starts from other weights is no reproduction of them."
    return f"## Recipes on {splits.name}\n\n{markdown(head, rows)}\n\n{note}"


def _run(
    published: Published, source: str, splits: Splits, seed: int, quick: bool
) -> tuple[float, float]:
    """Test accuracy, and seconds of the training with its validation."""
    weights, recipe = find_weights(source), published.recipe
    if quick:
        few = (replace(recipe.phases[0], epochs=1),)
        recipe, splits = replace(recipe, phases=few), replace(splits, train=splits.train.take(64, seed))
    model = build_model("resnet18", weights, len(splits.classes), published.stem, seed).to(best_device())
    preprocess = weights.preprocess if weights else Preprocess(IMAGENET_MEAN, IMAGENET_STD)
    start = time.perf_counter()
    fit(model, splits, recipe, preprocess, seed=seed, progress=False)
    seconds = time.perf_counter() - start
    return evaluate(model, splits.test.to(best_device()), preprocess).top1, seconds
