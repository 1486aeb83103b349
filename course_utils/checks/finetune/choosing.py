"""Check of exercise choose: the best epoch by validation, never by test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from course_utils.checks.core import run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.training import history

# Nine epochs in which every way to choose gives another one.
ONE_BEST = (0.50, 0.62, 0.70, 0.74, 0.76, 0.81, 0.79, 0.78, 0.77)
THREE_BEST = (0.60, 0.80, 0.70, 0.75, 0.80, 0.55, 0.80, 0.65, 0.62)
VAL_LOSS = (1.40, 1.10, 0.90, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95)
TRAIN_ACCURACY = (0.48, 0.60, 0.70, 0.78, 0.84, 0.89, 0.93, 0.97, 0.96)
TEST_ACCURACY = (0.49, 0.63, 0.79, 0.73, 0.78, 0.76, 0.77, 0.74, 0.72)


@dataclass
class Record:
    """What an answer gets for each epoch; it notes whether the test accuracy was read."""

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
        "this is the epoch with the best test accuracy: the test score would be too good",
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
        "this is the epoch with the best training accuracy: it tells what was memorised",
        "choose by val_accuracy",
    ),
    Mistake(
        _best(lambda record: -record.val_accuracy),
        "this is the epoch with the lowest validation accuracy",
        "take the highest",
    ),
    Mistake(
        _best(lambda record: (record.val_accuracy, record.hidden)),
        "the test accuracy decides between equals",
        "take the first of equals",
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
OTHERWISE = (
    "this epoch is not the best by any measure",
    "print epoch and val_accuracy of each record",
)


def takes_best_validation(choose_checkpoint):
    """the epoch with the highest validation accuracy."""
    _expect(choose_checkpoint, _run(ONE_BEST), 6)


def takes_first_of_equals(choose_checkpoint):
    """the first, if several are equally good."""
    _expect(choose_checkpoint, _run(THREE_BEST), 2)


def gives_the_number(choose_checkpoint):
    """the epoch's own number, in a resumed run, too."""
    _expect(choose_checkpoint, _run(ONE_BEST, first=11), 16)


def spares_the_test_set(choose_checkpoint):
    """the test accuracy is not looked at."""
    epochs = _run(ONE_BEST)
    choose_checkpoint(epochs)
    if any(record.looked_at for record in epochs):
        likely = "test_accuracy was read, for the choice or to break a tie"
        remedy = "choose by val_accuracy alone; the test set is read once, at the end"
        raise Wrong("test_accuracy is never read", "it was read", likely, remedy)


CASES = (takes_best_validation, takes_first_of_equals, gives_the_number, spares_the_test_set)


def choose(choose_checkpoint) -> None:
    """Check the exercise on choosing the best checkpoint."""
    library = (history.History.best_epoch.fget,)
    run("choose_checkpoint", CASES, choose_checkpoint, library=library)


def _expect(choose_checkpoint, epochs: list[Record], expected: int) -> None:
    got = choose_checkpoint(epochs)
    if type(got) is int and got == expected:
        return
    otherwise = OTHERWISE if type(got) is int else of_wrong_type(got, "return the record's .epoch, an int")
    likely = recognise(got, expected, MISTAKES, lambda choice: choice(epochs), otherwise)
    raise Wrong(f"epoch {expected}", brief(got), *likely)


def _run(val_accuracy: tuple[float, ...], first: int = 1) -> list[Record]:
    columns = (TRAIN_ACCURACY, val_accuracy, VAL_LOSS, TEST_ACCURACY)
    return [Record(first + i, *values) for i, values in enumerate(zip(*columns))]
