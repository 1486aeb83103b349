"""Check of exercise choose: the best epoch by validation, never by test."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.training import history

# Ten epochs in which every way to choose gives another one.
ONE_BEST = (0.50, 0.62, 0.70, 0.74, 0.76, 0.81, 0.78, 0.79, 0.77, 0.76)
SEVERAL_BEST = (0.60, 0.80, 0.70, 0.75, 0.80, 0.80, 0.80, 0.80, 0.65, 0.62)
NEARLY_EQUAL = (0.81231, 0.81232, 0.8123, 0.81233, 0.81237, 0.812405, 0.81224, 0.81227, 0.81235, 0.81226)
LATE_BEST = (0.20, 0.25, 0.24, 0.23, 0.22, 0.21, 0.31, 0.30, 0.29, 0.28)
FIRST_BEST = (0.70, 0.62, 0.66, 0.64, 0.68, 0.63, 0.61, 0.65, 0.67, 0.66)
VAL_LOSS = (1.40, 1.10, 0.90, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 1.00)
TRAIN_ACCURACY = (0.48, 0.62, 0.72, 0.78, 0.84, 0.89, 0.975, 0.97, 0.98, 0.965)
TEST_ACCURACY = (0.49, 0.63, 0.79, 0.73, 0.78, 0.785, 0.77, 0.74, 0.72, 0.71)


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


def _best(key: Callable[..., float | tuple[float, float]]) -> Callable[[list[Record]], int]:
    return lambda epochs: max(epochs, key=key).epoch


def _until_first_decline(epochs: list[Record]) -> int:
    for record, following in zip(epochs, epochs[1:]):
        if following.val_accuracy < record.val_accuracy:
            return record.epoch
    return epochs[-1].epoch


def _with_patience(most: int) -> Callable[[list[Record]], int]:
    """Ends after so many epochs without a better one."""

    def choose(epochs: list[Record]) -> int:
        best = 0
        for i, record in enumerate(epochs):
            if record.val_accuracy > epochs[best].val_accuracy:
                best = i
            if i - best == most:
                break
        return epochs[best].epoch

    return choose


def _nearly_best(epochs: list[Record]) -> int:
    top = max(record.val_accuracy for record in epochs)
    return next(record.epoch for record in epochs if math.isclose(record.val_accuracy, top, rel_tol=1e-4))


def _improving_by(least: float) -> Callable[[list[Record]], int]:
    def choose(epochs: list[Record]) -> int:
        best = epochs[0]
        for record in epochs:
            if record.val_accuracy > best.val_accuracy + least:
                best = record
        return best.epoch

    return choose


def _smoothed(epochs: list[Record]) -> int:
    """The middle of the three epochs that are best on average."""
    near = [epochs[max(0, i - 1) : i + 2] for i in range(len(epochs))]
    means = [sum(record.val_accuracy for record in three) / len(three) for three in near]
    return epochs[means.index(max(means))].epoch


def _position(epochs: list[Record]) -> int:
    return epochs.index(max(epochs, key=lambda record: record.val_accuracy))


MISTAKES = (
    Mistake(
        _nearly_best,
        "accuracies that differ in the fourth or fifth digit are taken for equal",
        "compare them as they are, without rounding and without a least improvement",
    ),
    *(
        Mistake(
            _best(lambda record, digits=digits: round(record.val_accuracy, digits)),
            "accuracies that differ in the fourth or fifth digit are taken for equal",
            "compare them as they are, without rounding and without a least improvement",
        )
        for digits in (2, 3, 4)
    ),
    *(
        Mistake(
            _with_patience(most),
            "the search ends after some epochs that were no better",
            "look at all epochs",
        )
        for most in (2, 3, 4)
    ),
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
        _best(lambda record: -abs(record.train_accuracy - record.val_accuracy)),
        "this is the epoch with the smallest gap between training and validation",
        "choose by val_accuracy",
    ),
    Mistake(
        _until_first_decline,
        "the search ends where the accuracy falls for the first time",
        "look at all epochs",
    ),
    *(
        Mistake(
            _improving_by(least),
            "accuracies that differ in the fourth or fifth digit are taken for equal",
            "compare them as they are, without rounding and without a least improvement",
        )
        for least in (1e-2, 1e-3, 1e-4)
    ),
    Mistake(
        _best(lambda record: (record.val_accuracy, -record.val_loss)),
        "the validation loss decides between equals",
        "take the first of equals",
    ),
    Mistake(
        _best(lambda record: (record.val_accuracy, record.train_accuracy)),
        "the training accuracy decides between equals",
        "take the first of equals",
    ),
    Mistake(
        lambda epochs: max(epochs[1:], key=lambda record: record.val_accuracy).epoch,
        "the first epoch is left out",
        "look at all epochs",
    ),
    Mistake(
        lambda epochs: max(epochs[:-1], key=lambda record: record.val_accuracy).epoch,
        "the last epoch is left out",
        "look at all epochs",
    ),
    Mistake(
        lambda epochs: epochs[0].epoch + _position(epochs),
        "the position is counted from the first epoch's number, but some epochs are not in the list",
        "return the record's .epoch",
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
    Mistake(
        lambda epochs: sorted(epochs, key=lambda record: record.val_accuracy)[-2].epoch,
        "this is the second best epoch",
        "of a list that ascends take the last one: [-1]",
    ),
    Mistake(
        _smoothed,
        "each accuracy was averaged with those of its neighbours",
        "take the highest accuracy of a single epoch, which is the one that is kept",
    ),
)
OTHERWISE = (
    "none of the usual mistakes explains this",
    "print epoch and val_accuracy of each record",
)


def takes_best_validation(choose_checkpoint):
    """the epoch with the highest validation accuracy."""
    _expect(choose_checkpoint, _run(ONE_BEST), 6)


@needs(takes_best_validation)
def takes_the_first_epoch(choose_checkpoint):
    """also when it is the first one, or the last."""
    _expect(choose_checkpoint, _run(FIRST_BEST), 1)
    _expect(choose_checkpoint, _run(FIRST_BEST[::-1]), 10)


@needs(takes_best_validation)
def takes_a_late_one(choose_checkpoint):
    """also after some epochs that were no better."""
    _expect(choose_checkpoint, _run(LATE_BEST), 7)


@needs(takes_best_validation)
def tells_close_ones_apart(choose_checkpoint):
    """also when others are nearly as good."""
    _expect(choose_checkpoint, _run(NEARLY_EQUAL), 6)


@needs(takes_best_validation)
def takes_first_of_equals(choose_checkpoint):
    """the first, if several are equally good."""
    _expect(choose_checkpoint, _run(SEVERAL_BEST), 2)


@needs(takes_first_of_equals)
def takes_no_right_image(choose_checkpoint):
    """the first, if every accuracy is 0."""
    if choose_checkpoint(_run((0.0,) * 10)) is None:
        likely = "the search starts at an accuracy of 0, and no epoch is above it"
        raise Wrong("epoch 1", "None", likely, "start with the first epoch, or below 0")
    _expect(choose_checkpoint, _run((0.0,) * 10), 1)


def gives_the_number(choose_checkpoint):
    """the epoch's own number, in a resumed run, too."""
    _expect(choose_checkpoint, _run(ONE_BEST, first=11), 16)
    _expect(choose_checkpoint, _run(ONE_BEST, first=10, step=10), 60)


def spares_the_test_set(choose_checkpoint):
    """the test accuracy is not looked at."""
    epochs = _run(ONE_BEST)
    choose_checkpoint(epochs)
    choose_checkpoint(ties := _run(SEVERAL_BEST))
    if any(record.looked_at for record in (*epochs, *ties)):
        likely = "test_accuracy was read, for the choice or to break a tie"
        remedy = "choose by val_accuracy alone; the test set is read once, at the end"
        raise Wrong("test_accuracy is never read", "it was read", likely, remedy)


CASES = (
    takes_best_validation,
    takes_the_first_epoch,
    takes_a_late_one,
    tells_close_ones_apart,
    takes_first_of_equals,
    takes_no_right_image,
    gives_the_number,
    spares_the_test_set,
)


def choose(choose_checkpoint) -> None:
    """Check the exercise on choosing the best checkpoint."""
    library = (history.History.best_epoch.fget,)  # type: ignore[attr-defined]  # it is a property
    run("choose_checkpoint", CASES, choose_checkpoint, library=library)


def _expect(choose_checkpoint, epochs: list[Record], expected: int) -> None:
    got = choose_checkpoint(epochs)
    if type(got) is int and got == expected:
        return
    otherwise = OTHERWISE if type(got) is int else of_wrong_type(got, "return the record's .epoch, an int")
    likely = recognise(got, expected, MISTAKES, lambda choice: choice(epochs), otherwise)
    raise Wrong(f"epoch {expected}", brief(got), *likely)


def _run(val_accuracy: tuple[float, ...], first: int = 1, step: int = 1) -> list[Record]:
    columns = (TRAIN_ACCURACY, val_accuracy, VAL_LOSS, TEST_ACCURACY)
    return [Record(first + step * i, *values) for i, values in enumerate(zip(*columns))]
