"""History: what a training run measured, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

from course_utils.errors import RunStopped


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch gave: losses are means over images in nats, accuracies are fractions.

    ``train_loss`` includes the recipe's label smoothing, ``val_loss`` does not.
    """

    epoch: int
    phase: int
    lr: float
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


@dataclass
class History:
    """What a training run measured; epochs are counted from 1.

    Attributes:
        records: one for each epoch that is over.
        iteration_loss: the training loss of each batch, in nats.
        interrupted: whether the run was stopped before its end.
        batch_size: the recipe's, or what was left of it when the device ran out of memory.
        notes: sentences on what did not go as asked, as they were printed.
    """

    data: str = ""
    n_train: int = 0
    n_val: int = 0
    seed: int = 0
    records: list[EpochRecord] = field(default_factory=list)
    iteration_loss: list[float] = field(default_factory=list)
    interrupted: bool = False
    batch_size: int = 0
    notes: list[str] = field(default_factory=list)

    @classmethod
    def from_dict(cls, saved: dict) -> History:
        """The history of which ``dataclasses.asdict`` made ``saved``."""
        return cls(**{**saved, "records": [EpochRecord(**e) for e in saved["records"]]})

    def completed(self) -> History:
        """This history, for where a run that was stopped would pass for a whole one.

        Raises:
            RunStopped: if the run was stopped.
        """
        if self.interrupted:
            raise RunStopped(f"stopped after {len(self.records)} whole epochs.", do="run it again")
        return self

    @property
    def best_epoch(self) -> int:
        """The epoch with the highest validation accuracy, the first of several; 0 before any."""
        return max(self.records, key=lambda e: e.val_accuracy).epoch if self.records else 0

    @property
    def best_val_accuracy(self) -> float:
        return max((e.val_accuracy for e in self.records), default=0.0)

    @property
    def unfreeze_epochs(self) -> list[int]:
        """The first epoch of every phase but the first."""
        pairs = zip(self.records, self.records[1:])
        return [now.epoch for before, now in pairs if now.phase != before.phase]

    @property
    def seconds(self) -> float:
        return sum(e.seconds for e in self.records)
