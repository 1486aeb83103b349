"""One arm of an experiment: a rate chosen on validation, a run for each seed, the test images read once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from course_utils.analysis.arms import choose_rate, is_at_edge
from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet, Splits
from course_utils.evidence.running import Lab
from course_utils.models.freezing import count_parameters
from course_utils.models.heads import find_head
from course_utils.training.device import cpu_has_bfloat16
from course_utils.training.evaluation import accuracy, predict
from course_utils.training.fingerprints import name_of
from course_utils.training.fitting import fit
from course_utils.training.history import History
from course_utils.training.probes import extract_features, fit_probe
from course_utils.training.recipe import Recipe

MOST_MORE = 4  # values tried beyond a grid whose best value lies at its edge
PENALTIES = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)  # of the probe's weights; of equal ones the strongest


@dataclass(frozen=True)
class Stage:
    """A stretch of training at one input size."""

    preprocess: Preprocess
    recipe: Recipe


@dataclass(frozen=True)
class Method:
    """How an arm trains.

    Attributes:
        start: of the weights, in words.
        build: the network of a seed, given the training images.
        stages: the whole training at a learning rate.
        rates: a geometric grid; one rate alone is taken as it is, without a choice.
        trial: the training by which the rate is chosen; the same or shorter.
        trial_images: on so many training images; ``None`` for all.
        mirrored: whether to report, beside ``test``, the mean of the logits of each test image and
            of its mirror image.
    """

    start: str
    build: Callable[[int, ImageSet], nn.Module]
    stages: Callable[[float], Sequence[Stage]]
    rates: tuple[float, ...]
    trial: Callable[[float], Sequence[Stage]] | None = None
    trial_images: int | None = None
    mirrored: bool = False

    def of_trial(self, rate: float) -> Sequence[Stage]:
        return (self.trial or self.stages)(rate)


def measure(
    method: Method, lab: Lab, splits_of: Callable[[int], Splits], seeds: Sequence[int] = (0,)
) -> dict:
    """Choose the rate on the first seed's validation images, train each seed, test each once.

    Args:
        splits_of: the images of a seed.

    Returns:
        The arm for the record: ``test`` and ``val`` accuracy of each seed (fractions), the grid, the
        numbers of images, epochs, pixels and minutes of training.
    """
    first = splits_of(seeds[0])
    grid = _search(method, lab, first, seeds[0]) if len(method.rates) > 1 else {}
    rate = choose_rate(grid, lab.folder.name) if grid else method.rates[0]
    stages = method.stages(rate)
    settings = [method.start, [name_of(stage) for stage in stages], counts(first)]
    runs = [
        lab.kept(f"seed-{seed}", settings, partial(_run, method, stages, lab, splits_of(seed), seed))
        for seed in seeds
    ]
    mirrored = {"test_mirrored": [run["test_mirrored"] for run in runs]} if method.mirrored else {}
    return {
        "start": method.start,
        "images": counts(first),
        "seeds": list(seeds),
        "rate": rate,
        "grid": {f"{r:g}": value for r, value in sorted(grid.items())},
        "grid_at_edge": is_at_edge(grid),
        "grid_terms": _trial_terms(method, rate, first) if grid else "no choice",
        "stages": [describe(stage) for stage in stages],
        "test": [run["test"] for run in runs],
        **mirrored,
        "val": [run["val"] for run in runs],
        "minutes": round(sum(run["seconds"] for run in runs) / len(runs) / 60, 1),
        "trainable": runs[0]["trainable"],
        "by_epoch": [run["by_epoch"] for run in runs],
    }


def train(
    model: nn.Module, stages: Sequence[Stage], splits: Splits, lab: Lab, name: str, seed: int
) -> list[History]:
    """Train ``model`` through all stages, each from the best epoch of the one before.

    Raises:
        RunStopped: if it was stopped; the same call continues after the last whole epoch.
    """
    histories = []
    for number, stage in enumerate(stages, start=1):
        file = lab.folder / f"{name}.{number}.pt"
        history = fit(
            model,
            splits,
            stage.recipe,
            stage.preprocess,
            seed=seed + 1000 * number,
            checkpoint=file,
            progress=False,
            on_epoch=partial(_say, name),
        )
        histories.append(history.completed())
    return histories


def probe(features: dict, labels: dict, classes: int) -> tuple[nn.Linear, dict[float, float]]:
    """A linear probe with its penalty chosen on validation.

    Args:
        features, labels: of ``train`` and ``val``.

    Returns:
        The head, and the validation accuracy at each penalty.
    """
    heads = {}

    def val_accuracy(penalty: float) -> float:
        heads[penalty] = fit_probe(features["train"], labels["train"], classes, penalty)
        return accuracy(heads[penalty](features["val"]), labels["val"])

    grid = growing_grid(PENALTIES, val_accuracy)
    return heads[choose_rate(grid, "penalty")], grid


def growing_grid(values: Sequence[float], val_accuracy: Callable[[float], float]) -> dict[float, float]:
    """Validation accuracy by value; the grid grows until its best value lies inside.

    Args:
        values: two or more, each the same multiple of the one before; ``MOST_MORE`` follow at most.
    """
    grid = {value: val_accuracy(value) for value in values}
    factor = max(values[1] / values[0], values[0] / values[1])
    while len(grid) < len(values) + MOST_MORE:
        best = max(grid, key=grid.__getitem__)
        beyond = {min(grid): best / factor, max(grid): best * factor}
        if best not in beyond:
            break
        value = float(f"{beyond[best]:.2g}")
        grid[value] = val_accuracy(value)
    return grid


def measure_probe(
    start: str,
    build: Callable[[int, ImageSet], nn.Module],
    preprocess: Preprocess,
    lab: Lab,
    splits_of: Callable[[int], Splits],
    seeds: Sequence[int],
) -> dict:
    """A linear probe for each seed, its penalty chosen on validation, tested once.

    Returns:
        The arm for the record, as :func:`measure` gives it; ``rate`` is the penalty of the first seed.
    """
    settings = [start, repr(preprocess), list(PENALTIES), MOST_MORE]
    runs = [
        lab.kept(f"seed-{seed}", settings, partial(_run_probe, build, preprocess, splits_of(seed), seed))
        for seed in seeds
    ]
    grid = runs[0]["grid"]
    return {
        "start": start,
        "images": counts(splits_of(seeds[0])),
        "seeds": list(seeds),
        "rate": runs[0]["penalty"],
        "grid": grid,
        "grid_at_edge": any(run["at_edge"] for run in runs),
        "grid_terms": "penalty of the weights, all training images, each seed its own",
        "stages": [{"pixels": preprocess.size, "epochs": [0], "bfloat16": cpu_has_bfloat16()}],
        "test": [run["test"] for run in runs],
        "val": [run["val"] for run in runs],
        "minutes": round(sum(run["seconds"] for run in runs) / len(runs) / 60, 1),
        "trainable": runs[0]["trainable"],
    }


def bfloat16_if_fast() -> contextlib.AbstractContextManager:
    """16 bits where the CPU has instructions for them: 1.7 to 2.5 times as fast in a forward pass."""
    return torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bfloat16())


def _run_probe(build, preprocess: Preprocess, splits: Splits, seed: int) -> dict:
    started = time.perf_counter()
    model = build(seed, splits.train)
    with bfloat16_if_fast():
        features = {
            part: extract_features(model, getattr(splits, part), preprocess)
            for part in ("train", "val", "test")
        }
    labels = {part: getattr(splits, part).labels for part in features}
    head, grid = probe(features, labels, len(splits.classes))
    best = max(grid, key=grid.__getitem__)
    return {
        "test": _rounded(accuracy(head(features["test"]), labels["test"])),
        "val": _rounded(grid[best]),
        "penalty": best,
        "grid": {f"{penalty:g}": _rounded(value) for penalty, value in grid.items()},
        "at_edge": is_at_edge(grid),
        "seconds": round(time.perf_counter() - started, 1),
        "trainable": count_parameters(head),
    }


def start_from_probe(model: nn.Module, features: Tensor, images: ImageSet, penalty: float) -> None:
    """Give ``model`` the head of a linear probe (Kumar et al. 2022: probe first, then fine-tune).

    Args:
        features: what the head of ``model`` receives for each of ``images``.
    """
    head = fit_probe(features, images.labels, len(images.classes), penalty)
    find_head(model).load_state_dict(head.state_dict())


def counts(splits: Splits) -> dict[str, int]:
    """The number of images of each split."""
    return {"train": len(splits.train), "val": len(splits.val), "test": len(splits.test)}


def _search(method: Method, lab: Lab, splits: Splits, seed: int) -> dict[float, float]:
    """Validation accuracy by rate, each trial kept in the lab's folder."""
    if method.trial_images:
        few = splits.val.take(method.trial_images // 2, seed)
        splits = replace(splits, train=splits.train.take(method.trial_images, seed), val=few)

    def val_accuracy(rate: float) -> float:
        stages = method.of_trial(rate)
        return lab.kept(
            f"rate-{rate:g}",
            [method.start, [name_of(stage) for stage in stages], counts(splits)],
            partial(_try, method, stages, lab, splits, seed, rate),
        )["val"]

    return growing_grid(method.rates, val_accuracy)


def _try(method: Method, stages, lab: Lab, splits: Splits, seed: int, rate: float) -> dict:
    model = method.build(seed, splits.train)
    histories = train(model, stages, splits, lab, f"rate-{rate:g}", seed)
    _forget(lab, f"rate-{rate:g}")
    return {"val": _rounded(histories[-1].best_val_accuracy)}


def _run(method: Method, stages, lab: Lab, splits: Splits, seed: int) -> dict:
    model = method.build(seed, splits.train)
    histories = train(model, stages, splits, lab, f"seed-{seed}", seed)
    logits = predict(model, splits.test, stages[-1].preprocess)
    more = _with_mirror(model, splits.test, stages[-1].preprocess, logits) if method.mirrored else {}
    return {
        **more,
        "test": _rounded(accuracy(logits, splits.test.labels)),
        "val": _rounded(histories[-1].best_val_accuracy),
        "seconds": round(sum(h.seconds for h in histories), 1),
        "trainable": count_parameters(model, trainable=True),
        "by_epoch": [_rounded(e.val_accuracy) for h in histories for e in h.records],
    }


def _with_mirror(model: nn.Module, test: ImageSet, preprocess: Preprocess, logits: Tensor) -> dict:
    mirror = replace(test, images=test.images.flip(-1))
    both = (logits + predict(model, mirror, preprocess)) / 2
    return {"test_mirrored": _rounded(accuracy(both, test.labels))}


def _forget(lab: Lab, name: str) -> None:
    for file in lab.folder.glob(f"{name}.*.pt"):
        file.unlink()


def _say(name: str, history: History) -> None:
    if history.records:
        last = history.records[-1]
        print(
            f"  {name} epoch {last.epoch}: loss {last.train_loss:.3f}, "
            f"val {last.val_accuracy:.2%}, {last.seconds:.0f} s",
            flush=True,
        )


def _rounded(fraction: float) -> float:
    """To what a test set of 10,000 images can tell, and one digit more."""
    return round(fraction, 5)


def describe(stage: Stage) -> dict:
    """What a stage does, as JSON; the same in every process."""
    recipe = stage.recipe
    return {
        "trains": [getattr(phase.prepare, "func", phase.prepare).__name__ for phase in recipe.phases],
        "pixels": stage.preprocess.size,
        "epochs": [phase.epochs for phase in recipe.phases],
        "rates": [[phase.backbone_lr, phase.lr] for phase in recipe.phases],
        "optimizer": recipe.optimizer,
        "schedule": recipe.schedule,
        "batch": recipe.batch_size,
        "weight_decay": recipe.weight_decay,
        "layer_decay": recipe.layer_decay,
        "augment": repr(recipe.augment),
    }


def _trial_terms(method: Method, rate: float, splits: Splits) -> str:
    stages = method.of_trial(rate)
    epochs = sum(stage.recipe.epochs for stage in stages)
    pixels = "/".join(str(stage.preprocess.size or "stored") for stage in stages)
    train, val = len(splits.train), len(splits.val)
    if method.trial_images:
        train, val = min(train, method.trial_images), min(val, method.trial_images // 2)
    return f"{train:,} training and {val:,} validation images, {epochs} epochs, {pixels} px, first seed"
