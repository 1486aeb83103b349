"""`duel`: AlexNet against ResNet-18 on all of CIFAR-10, at equal epochs and in equal seconds."""

from __future__ import annotations

import statistics
from dataclasses import replace
from functools import partial

from course_utils.data.augment import Augment
from course_utils.data.images import Splits
from course_utils.errors import CourseError
from course_utils.evidence.methods import Method, Stage, measure
from course_utils.evidence.networks import (
    SCRATCH,
    SMALL,
    cut_alexnet,
    normalise,
    resnet18,
    whole_alexnet,
)
from course_utils.evidence.running import Experiment, Lab
from course_utils.training.fitting import fit
from course_utils.training.recipe import Phase, Recipe

EPOCHS = 6
TIMED_IMAGES, TIMED_ROUNDS = 2_048, 3
RATES = (3e-4, 1e-3, 3e-3)
# Builder and input size: AlexNet's last pool has nothing left below 63 px.
NETWORKS = {
    "ResNet-18": (resnet18, None),
    "AlexNet, one linear layer": (cut_alexnet, 64),
    "AlexNet, torchvision's layout": (whole_alexnet, 64),
}


def load(lab: Lab, seed: int) -> Splits:
    return lab.splits(45_000, 5_000, seed)


def stages(size: int | None, epochs: int, rate: float) -> list[Stage]:
    """AdamW, cosine to zero, batches of 128, crop and flip."""
    recipe = Recipe((Phase(epochs, rate),), batch_size=128, augment=Augment(pad=4))
    return [Stage(normalise(size), recipe)]


def method(network: str, start: str, epochs: int, lab: Lab, rates=RATES) -> Method:
    """The rate is chosen by two epochs on 10,000 images."""
    build, size = NETWORKS[network]
    return Method(
        start=start,
        build=partial(build, start=start),
        stages=partial(stages, size, lab.few(epochs)),
        trial=partial(stages, size, lab.few(2)),
        trial_images=10_000,
        rates=rates,
    )


def measure_epochs(network: str, start: str, lab: Lab) -> dict:
    """One side at ``EPOCHS`` epochs."""
    return measure(method(network, start, EPOCHS, lab), lab, partial(load, lab))


def measure_seconds(network: str, other: str, start: str, lab: Lab) -> dict:
    """``network`` for as many seconds as ``other`` takes for ``EPOCHS``, at the rate that it had.

    How many epochs these are is timed first, on ``TIMED_IMAGES``: both in turn, so that whatever else the
    machine does slows both. The record keeps the seconds as ``timed``.

    Raises:
        CourseError: if the arm of ``network`` at equal epochs has not run yet.
    """
    own = _finished(lab, network, start)
    timed = lab.kept("seconds", [network, other, start], partial(_seconds, (network, other), start, lab))
    epochs = max(1, round(EPOCHS * timed[other] / timed[network]))
    again = method(network, start, epochs, lab, rates=(own["rate"],))
    return measure(again, lab, partial(load, lab)) | {"timed": timed}


def _seconds(networks: tuple[str, ...], start: str, lab: Lab) -> dict[str, float]:
    """The median time in which each network trains on ``TIMED_IMAGES``, after a round that does not count."""
    splits = load(lab, seed=0)
    few = replace(splits, train=splits.train.take(TIMED_IMAGES, 0), val=splits.val.take(100, 0))
    found: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(1 + TIMED_ROUNDS):
        for name in networks:
            how = method(name, start, 1, lab)
            stage = how.stages(RATES[0])[0]
            model = how.build(0, few.train)
            history = fit(model, few, stage.recipe, stage.preprocess, progress=False).completed()
            found[name].append(history.seconds)
    return {name: round(statistics.median(seconds[1:]), 2) for name, seconds in found.items()}


def arm_name(network: str, start: str) -> str:
    return f"{network}, {'from scratch' if start == SCRATCH else 'small weights'}"


def _finished(lab: Lab, network: str, start: str) -> dict:
    name = arm_name(network, start)
    arm = lab.beside(name)
    if arm is None:
        raise CourseError(f"the arm {name!r} has not run yet.", do="run it first")
    return arm


EXPERIMENT = Experiment(
    name="duel",
    question="AlexNet or ResNet-18 on all of CIFAR-10, at equal epochs and in equal seconds?",
    minutes=190,
    arms={
        **{
            arm_name(network, start): partial(measure_epochs, network, start)
            for network in NETWORKS
            for start in (SMALL, SCRATCH)
        },
        "ResNet-18 in the seconds of AlexNet": partial(
            measure_seconds, "ResNet-18", "AlexNet, one linear layer", SMALL
        ),
    },
    terms={
        "epochs": EPOCHS,
        "input": "ResNet-18 32 px, stock stem; AlexNet 64 px, stock stem",
        "weights": "the package's small ones; AlexNet's have no linear layers, so those are random",
    },
)
