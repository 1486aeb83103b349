"""Recipe and Phase: everything that decides how a model is trained, apart from model, data and seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.data.augment import Augment
from course_utils.errors import CourseError
from course_utils.models.freezing import unfreeze
from course_utils.training.optimizer import OPTIMIZERS

SCHEDULES = ("cosine", "plateau", "constant")
# ReduceLROnPlateau's usual setting in tutorials: halve after the third epoch in a row without a better
# val loss (`patience=2`).
PLATEAU_PATIENCE, PLATEAU_FACTOR = 2, 0.5
UP_TO = {"weight_decay": math.inf, "layer_decay": math.inf, "label_smoothing": 1.0}  # from 0


@dataclass(frozen=True)
class Phase:
    """A stretch of training in which the same parameters train.

    Args:
        epochs: how many passes over the training images.
        lr: learning rate of the head and of any other new layer.
        backbone_lr: learning rate of pretrained layers; ``None`` means ``lr``.
        prepare: called with the model when the phase starts, to freeze or unfreeze parameters, for
            example :func:`~course_utils.models.freezing.freeze_backbone`.
    """

    epochs: int
    lr: float
    backbone_lr: float | None = None
    prepare: Callable[[nn.Module], int] = unfreeze


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a model is trained, apart from model, data and seed.

    Args:
        phases: one after the other; each starts its own schedule and its own optimizer.
        weight_decay: on weights only, never on norms and biases.
        layer_decay, new: see :func:`~course_utils.training.optimizer.parameter_groups`.
        schedule: ``cosine`` to zero over a phase, ``plateau`` on the validation loss, ``constant``.
        augment: changes a batch of pixels ``[N, 3, H, W]`` in 0..255 at random, with a CPU generator.
        compile: use ``torch.compile``, which changes the last digits; ``None``: where the work ahead is
            worth it (:func:`~course_utils.training.compiling.compile_pays`).
    """

    phases: tuple[Phase, ...]
    batch_size: int = 64
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    new: tuple[str, ...] = ()
    schedule: str = "cosine"
    label_smoothing: float = 0.0
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = Augment()
    compile: bool | None = None

    def __post_init__(self):
        _refuse_impossible_phases(self.phases)
        if self.optimizer not in OPTIMIZERS:
            raise CourseError(f"unknown optimizer {self.optimizer!r}.", expected=", ".join(OPTIMIZERS))
        if self.schedule not in SCHEDULES:
            raise CourseError(f"unknown schedule {self.schedule!r}.", expected=", ".join(SCHEDULES))
        if self.epochs < 1:
            raise CourseError("a recipe needs at least one epoch.")
        if type(self.batch_size) is not int or self.batch_size < 1:
            found = repr(self.batch_size)
            raise CourseError("this is no batch size.", expected="a whole number of 1 or more", found=found)
        for name, most in UP_TO.items():
            if not _is_from_0(getattr(self, name), most):
                expected = "a number from 0 to 1" if most == 1 else "a number of 0 or more"
                found = repr(getattr(self, name))
                raise CourseError(f"this is no {name.replace('_', ' ')}.", expected=expected, found=found)

    @property
    def epochs(self) -> int:
        """How many passes over the training images, all phases together."""
        return sum(phase.epochs for phase in self.phases)

    def place_of(self, epoch: int) -> tuple[int, int]:
        """The number of the phase in which ``epoch`` lies, and its own number within it, all from 0."""
        places = [(number, e) for number, phase in enumerate(self.phases) for e in range(phase.epochs)]
        return places[epoch]


def _refuse_impossible_phases(phases: tuple[Phase, ...]) -> None:
    if not isinstance(phases, tuple | list) or not all(isinstance(phase, Phase) for phase in phases):
        raise CourseError(
            "these are no phases of a recipe.",
            expected="a tuple of Phase",
            found=repr(phases),
            do="write even a single one with a comma: Recipe((Phase(1, 0.1),))",
        )
    for phase in phases:
        _refuse_impossible(phase)


def _refuse_impossible(phase: Phase) -> None:
    if type(phase.epochs) is not int or phase.epochs < 0:
        found = repr(phase.epochs)
        raise CourseError("this is no number of epochs.", expected="a whole number of 0 or more", found=found)
    for rate in (phase.lr, phase.lr if phase.backbone_lr is None else phase.backbone_lr):
        if not _is_from_0(rate) or rate == 0:
            raise CourseError("this is no learning rate.", expected="a number above 0", found=repr(rate))


def _is_from_0(value: object, most: float = math.inf) -> bool:
    """Whether ``value`` is a finite number from 0 to ``most``."""
    try:
        return bool(0 <= value <= most and value < math.inf)  # type: ignore[operator]
    except TypeError:
        return False


def rate_factor(schedule: str, done: float, val_losses: list[float]) -> float:
    """Learning rate as a fraction of the full one: a pure function, so that resuming needs no state.

    Args:
        done: fraction of the phase that is done, 0 to 1.
        val_losses: validation loss of each finished epoch of the phase.
    """
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * done))
    if schedule == "constant":
        return 1.0
    best, waited, drops = math.inf, 0, 0  # plateau
    for loss in val_losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited > PLATEAU_PATIENCE:
            drops, waited = drops + 1, 0
    return PLATEAU_FACTOR**drops
