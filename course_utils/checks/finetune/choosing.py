"""Check of exercise choose: the best epoch by validation, never by test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from course_utils import train
from course_utils.checks.core import Mistake, Wrong, brief, recognise, run


@dataclass
class Record:
    """What a student's function gets for each epoch; it notes whether the test accuracy was read."""

    epoch: int
    train_accuracy: float
    val_accuracy: float
    val_loss: float
    hidden: float = field(repr=False)
    looked_at: bool = field(default=False, repr=False)

    @property
    def test_accuracy(self) -> float:
        self.looked_at = True
        return self.hidden


def _best(key: Callable[[Record], float]) -> Callable[[list[Record]], int]:
    return lambda epochs: max(epochs, key=key).epoch


def _position(epochs: list[Record]) -> int:
    return epochs.index(max(epochs, key=lambda record: record.val_accuracy))


MISTAKES = (
    Mistake(
        _best(lambda record: record.hidden),
        "this is the epoch with the best test accuracy: choosing by it makes the test score too good",
        "choose by val_accuracy; the test set is read once, at the end",
    ),
    Mistake(
        lambda epochs: epochs[-1].epoch,
        "this is the last epoch",
        "choose by val_accuracy",
    ),
    Mistake(
        _best(lambda record: -record.val_loss),
        "this is the epoch with the lowest validation loss",
        "choose by val_accuracy",
    ),
    Mistake(
        _best(lambda record: record.train_accuracy),
        "this is the epoch with the best training accuracy: it says how well the images were memorised",
        "choose by val_accuracy",
    ),
    Mistake(
        _best(lambda record: -record.val_accuracy),
        "this is the epoch with the lowest validation accuracy",
        "take the highest",
    ),
    Mistake(
        _best(lambda record: (record.val_accuracy, record.epoch)),
        "this is the last of the best epochs",
        "take the first of equals: it was reached with less training",
    ),
    Mistake(
        _position,
        "this is a position in the list, counted from 0",
        "return the record's .epoch",
    ),
    Mistake(
        lambda epochs: _position(epochs) + 1,
        "this is a position in the list, counted from 1; a resumed run starts at a later epoch",
        "return the record's .epoch",
    ),
    Mistake(
        lambda epochs: max(record.val_accuracy for record in epochs),
        "this is the accuracy",
        "return the record's .epoch",
    ),
)
OTHERWISE = ("this epoch is not the best by any measure", "print epoch and val_accuracy of each record")
NOT_AN_INT = ("the answer is no epoch number", "return the record's .epoch, an int")


def takes_best_validation(choose_checkpoint):
    """the epoch with the highest validation accuracy."""
    _expect(choose_checkpoint, _run(val=(0.5, 0.7, 0.9, 0.8, 0.6)), 3)


def takes_first_of_equals(choose_checkpoint):
    """the first, if several are equally good."""
    _expect(choose_checkpoint, _run(val=(0.6, 0.8, 0.7, 0.8, 0.8)), 2)


def gives_the_number(choose_checkpoint):
    """the epoch's own number, in a resumed run, too."""
    _expect(choose_checkpoint, _run(val=(0.3, 0.9, 0.8, 0.7, 0.6), first=11), 12)


def spares_the_test_set(choose_checkpoint):
    """the test accuracy is not looked at."""
    epochs = _run(val=(0.5, 0.7, 0.9, 0.8, 0.6))
    choose_checkpoint(epochs)
    if any(record.looked_at for record in epochs):
        likely = "test_accuracy was read, for the choice or to break a tie"
        remedy = "choose by val_accuracy alone; the test set is read once, at the end"
        raise Wrong("test_accuracy is never read", "it was read", likely, remedy)


CASES = (takes_best_validation, takes_first_of_equals, gives_the_number, spares_the_test_set)


def choose(choose_checkpoint) -> None:
    """Check the exercise on choosing the best checkpoint."""
    library = (train.History.best_epoch.fget,)
    run("choose_checkpoint", CASES, choose_checkpoint, library=library)


def _expect(choose_checkpoint, epochs: list[Record], expected: int) -> None:
    got = choose_checkpoint(epochs)
    if type(got) is int and got == expected:
        return
    otherwise = OTHERWISE if type(got) is int else NOT_AN_INT
    likely = recognise(got, MISTAKES, lambda choice: choice(epochs), otherwise)
    raise Wrong(f"epoch {expected}", brief(got), *likely)


def _run(val: tuple[float, ...], first: int = 1) -> list[Record]:
    """Five epochs: training accuracy peaks in the fourth, test in the second, val loss is best in the first."""
    train_accuracy = (0.5, 0.6, 0.7, 0.95, 0.9)
    test = (0.5, 0.8, 0.7, 0.6, 0.6)
    return [
        Record(first + i, train_accuracy[i], val[i], 0.5 + 0.1 * i, test[i]) for i in range(len(val))
    ]
