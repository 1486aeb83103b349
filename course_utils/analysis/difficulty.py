"""How hard the drawn cartoons are: pixels, background, probes, fine-tuning, training from scratch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache, partial

import torch
from torch import Tensor, nn

from course_utils.analysis.arms import Arm, at_best_rate
from course_utils.cartoons import generation
from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet, Splits
from course_utils.data.loading import CARTOONS, CLASSES
from course_utils.models.building import build_model
from course_utils.models.weights import Weights, find_weights
from course_utils.tables import table
from course_utils.training.evaluation import accuracy, evaluate
from course_utils.training.fitting import fit
from course_utils.training.probes import extract_features, fit_probe
from course_utils.training.recipe import Phase, Recipe

TRAIN, VAL, TEST, SEEDS = 1000, 500, 1000, 3
EPOCHS = 6
# The same number of values for every arm; of pixels in 0..1 a probe needs a stronger penalty.
RATES = (0.0003, 0.001, 0.003)
PENALTIES = (0.01, 0.1, 1.0)
PIXEL_PENALTIES = (0.1, 1.0, 10.0)

Extract = Callable[[ImageSet], Tensor]
# What one run gives: validation accuracy, and a function that measures on the test images.
Trial = tuple[float, Callable[[], float]]
# A run with a seed and a learning rate or weight penalty.
Run = Callable[[int, float], Trial]


def measure() -> None:
    """Measure the drawn cartoons and print grids, table and targets."""
    weights = find_weights("small")
    print(f"{CARTOONS}: {TRAIN:,} training, {VAL:,} validation, {TEST:,} test images")
    print(f"{SEEDS} seeds; fine-tuning and scratch train {EPOCHS} epochs; weights: {weights.name}")
    print("\nvalidation accuracy by learning rate, or by weight penalty (linear classifiers)")
    with_object, without = _cartoons(False), _cartoons(True)
    arms = measure_difficulty(with_object, without, weights)
    print(f"\n{difficulty_table(arms)}\n\n{check_targets(arms)}")


def _cartoons(without_object: bool) -> list[Splits]:
    """For each seed its own training and validation images; the test images are the same."""
    own = TRAIN + VAL
    parts = generation.load(SEEDS * own, TEST, without_object)
    train, test = (
        ImageSet(torch.from_numpy(images), torch.from_numpy(labels), CLASSES, CARTOONS)
        for images, labels in parts.values()
    )
    starts = range(0, SEEDS * own, own)
    pairs = [(range(s, s + TRAIN), range(s + TRAIN, s + own)) for s in starts]
    return [Splits(train.subset(list(a)), train.subset(list(b)), test) for a, b in pairs]


def measure_difficulty(
    data: Sequence[Splits],
    backgrounds: Sequence[Splits],
    weights: Weights,
    epochs: int = EPOCHS,
    rates: Sequence[float] = RATES,
) -> dict[str, Arm]:
    """Six arms, each with as many seeds as there are ``data``.

    Every arm chooses its learning rate (for the linear classifiers: its weight penalty) by the
    validation accuracy of the first seed, out of equally large grids, which are printed.

    Args:
        data: for each seed its splits.
        backgrounds: the same pictures without their objects.
        weights: upstream weights of a ResNet-18.
    """
    preprocess = weights.preprocess

    def features(model: nn.Module) -> Extract:
        return partial(extract_features, model, preprocess=preprocess, keep=False)

    def untrained(seed: int) -> Extract:
        return features(random_network(data[seed].train, preprocess, seed))

    def pretrained(seed: int) -> Extract:
        return features(build_model("resnet18", weights))

    def train(start: Weights | None) -> Run:
        return lambda seed, rate: _train(start, data[seed], preprocess, rate, epochs, seed)

    runs = {
        "pixels": ("raw pixels, linear", _probes(data, lambda _: raw_pixels), PIXEL_PENALTIES),
        "background": (
            "background alone, linear",
            _probes(backgrounds, lambda _: raw_pixels),
            PIXEL_PENALTIES,
        ),
        "random": ("probe, random network", _probes(data, untrained), PENALTIES),
        "probe": ("probe, pretrained", _probes(data, pretrained), PENALTIES),
        "finetuned": ("fine-tuned", train(weights), rates),
        "scratch": ("from scratch", train(None), rates),
    }
    n_test = len(data[0].test)
    return {key: _arm(*run, seeds=len(data), n_test=n_test) for key, run in runs.items()}


def random_network(images: ImageSet, preprocess: Preprocess, seed: int) -> nn.Module:
    """A ResNet-18 with random weights whose batch-norm statistics are those of ``images``.

    With its initial statistics (mean 0, variance 1) a random network is a straw man.
    """
    model = build_model("resnet18", num_classes=len(images.classes), seed=seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the plain mean over all batches
            module.reset_running_stats()
    model.train()
    with torch.no_grad():
        for batch in images.images.split(100):
            model(preprocess(batch))
    return model.eval()


def difficulty_table(arms: dict[str, Arm]) -> str:
    """One row for each arm: mean, lowest and highest test accuracy over the seeds."""
    rows = [
        {
            "arm": arm.name,
            "test accuracy": f"{arm.mean:.1%}",
            "lowest": f"{arm.low:.1%}",
            "highest": f"{arm.high:.1%}",
            "chosen": f"{arm.lr:g}",
            "seconds": f"{arm.seconds:.0f}",
        }
        for arm in arms.values()
    ]
    return table(rows)


def check_targets(arms: dict[str, Arm]) -> str:
    """What a data set must fulfil to be learnable and worth pretraining for, line by line."""
    mean = {key: arm.mean for key, arm in arms.items()}
    best = max(arm.high for arm in arms.values())
    above_background = mean["pixels"] - mean["background"]
    probe_gain = mean["probe"] - mean["random"]
    finetuning_gain = mean["finetuned"] - mean["scratch"]
    targets = (
        ("raw pixels: at most 45 %", mean["pixels"], mean["pixels"] <= 0.45),
        ("background alone: 5 points below raw pixels", above_background, above_background >= 0.05),
        ("pretrained probe: 15 points above a random network's", probe_gain, probe_gain >= 0.15),
        ("fine-tuned: 10 points above scratch", finetuning_gain, finetuning_gain >= 0.10),
        ("nothing above 95 %", best, best <= 0.95),
    )
    return "\n".join(
        f"{'ok  ' if met else 'FAIL'}  {what:<54}{100 * value:5.1f}" for what, value, met in targets
    )


def _arm(
    name: str,
    run: Run,
    grid: Sequence[float],
    seeds: int,
    n_test: int,
) -> Arm:
    """Choose from ``grid`` on the first seed, then measure every seed on its test images."""
    start = time.perf_counter()
    _, chosen, outcomes = at_best_rate(f"{name:<24}", run, grid, range(seeds), lambda trial: trial[0])
    scores = tuple(test() for _, test in outcomes)
    return Arm(name, scores, n_test, chosen, time.perf_counter() - start)


def raw_pixels(images: ImageSet) -> Tensor:
    """Float32 ``[N, 3 * H * W]`` in 0..1."""
    return images.images.flatten(1).float() / 255


def _probes(data: Sequence[Splits], extractor: Callable[[int], Extract]) -> Run:
    """Linear classifiers on features, which are extracted once for each seed."""

    @cache
    def parts(seed: int) -> list[tuple[Tensor, Tensor]]:
        extract, splits = extractor(seed), data[seed]
        return [(extract(part), part.labels) for part in (splits.train, splits.val, splits.test)]

    def run(seed: int, penalty: float) -> Trial:
        train, val, test = parts(seed)
        head = fit_probe(*train, len(data[seed].classes), penalty)
        return _score(head, *val), lambda: _score(head, *test)

    return run


@torch.no_grad()
def _score(head: nn.Module, features: Tensor, labels: Tensor) -> float:
    return accuracy(head(features), labels)


def _train(
    weights: Weights | None,
    splits: Splits,
    preprocess: Preprocess,
    rate: float,
    epochs: int,
    seed: int,
) -> Trial:
    """All layers trained at one rate from ``weights`` or scratch; best epoch on validation."""
    model = build_model("resnet18", weights, len(splits.classes), seed=seed)
    recipe = Recipe((Phase(epochs, rate),), batch_size=32)
    history = fit(model, splits, recipe, preprocess, seed=seed, progress=False).completed()
    return history.best_val_accuracy, lambda: evaluate(model, splits.test, preprocess).top1
