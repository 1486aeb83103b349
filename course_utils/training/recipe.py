"""Recipe and Phase: everything that decides how a model is trained, apart from model, data and seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from course_utils.data.augment import Augment
from course_utils.errors import CourseError
from course_utils.models.freezing import unfreeze
from course_utils.training.optimizer import OPTIMIZERS

SCHEDULES = ("cosine", "plateau", "constant")
# ReduceLROnPlateau's usual setting in tutorials: halve after two epochs without a better val loss.
PLATEAU_PATIENCE, PLATEAU_FACTOR = 2, 0.5


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
        schedule: ``cosine`` to zero over a phase, ``plateau`` on the validation loss, ``constant``.
        weight_decay: on weights only, never on norms and biases.
    """

    phases: tuple[Phase, ...]
    batch_size: int = 64
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    schedule: str = "cosine"
    label_smoothing: float = 0.0
    augment: Augment | None = Augment()

    def __post_init__(self):
        if self.optimizer not in OPTIMIZERS:
            raise CourseError(f"unknown optimizer {self.optimizer!r}.", expected=", ".join(OPTIMIZERS))
        if self.schedule not in SCHEDULES:
            raise CourseError(f"unknown schedule {self.schedule!r}.", expected=", ".join(SCHEDULES))
        if sum(phase.epochs for phase in self.phases) < 1:
            raise CourseError("a recipe needs at least one epoch.")

    @property
    def epochs(self) -> list[tuple[int, int]]:
        """For each epoch, the number of its phase and the epoch's number within the phase."""
        return [(p, e) for p, phase in enumerate(self.phases) for e in range(phase.epochs)]


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
    best, waited, drops = math.inf, 0, 0
    for loss in val_losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited > PLATEAU_PATIENCE:
            drops, waited = drops + 1, 0
    return PLATEAU_FACTOR**drops
