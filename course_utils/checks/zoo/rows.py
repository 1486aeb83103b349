"""Check of exercise ensemble_row: which rows of a table can be compared."""

from __future__ import annotations

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake
from course_utils.checks.zoo.expecting import expect
from course_utils.zoo.published import Record

TABLE = (
    Record("A", 15.3, 7, 0, "test", True, ""),
    Record("A", 18.2, 1, 1, "val", False, ""),
    Record("B", 7.3, 0, 0, "test", False, ""),
    Record("B", 8.4, 1, 1, "val", False, ""),
    Record("C", 6.7, 7, 144, "test", False, ""),
    Record("C", 9.2, 1, 144, "val", False, ""),
    Record("D", 10.1, 1, 1, "val", False, ""),
    Record("D", 9.1, 1, 1, "val", True, ""),
    Record("E", 5.7, 1, 10, "val", False, ""),
    Record("E", 5.5, 1, 1, "test", False, ""),
    Record("F", 7.3, 2, 0, "test", False, ""),
    Record("D", 10.1, 1, 1, "val", False, ""),
)


def _positions(keep) -> list[int]:
    return [i for i, record in enumerate(TABLE) if keep(record)]


def _same(*names: str, row: int = 1) -> list[int]:
    """The rows that agree with one row in these fields."""
    return _positions(lambda r: all(getattr(r, n) == getattr(TABLE[row], n) for n in names))


ENSEMBLES = (
    Mistake(
        lambda: _positions(lambda r: r.networks > 1),
        "0 networks are taken for one",
        "0 stands for several: everything but 1 is an ensemble",
    ),
    Mistake(
        lambda: _positions(lambda r: r.networks == 1),
        "these are the single networks",
        "return the other rows",
    ),
    Mistake(
        lambda: _positions(lambda r: r.networks != 1 or r.crops > 1),
        "several crops of one network count as an ensemble here",
        "look at networks alone",
    ),
    Mistake(
        lambda: _positions(lambda r: r.networks != 1 or r.extra_data),
        "extra data count as an ensemble here",
        "look at networks alone",
    ),
    Mistake(
        lambda: [i + 1 for i in _positions(lambda r: r.networks != 1)],
        "positions are counted from 1",
        "the first row is number 0",
    ),
)
COMPARABLE = (
    Mistake(
        lambda: _same("networks"),
        "only the number of networks is compared",
        "crops, split and extra_data are conditions too",
    ),
    Mistake(
        lambda: _same("networks", "crops", "split"),
        "extra data are left out of the conditions",
        "compare extra_data too",
    ),
    Mistake(
        lambda: _same("networks", "split", "extra_data"),
        "crops are left out of the conditions",
        "compare crops too",
    ),
    Mistake(
        lambda: _same("networks", "crops", "extra_data"),
        "the split is left out of the conditions",
        "compare split too",
    ),
    Mistake(
        lambda: [i for i in _same("networks", "crops", "split", "extra_data") if i != 1],
        "the row itself is missing",
        "a row has its own conditions: keep it",
    ),
    Mistake(
        lambda: _same("model", "networks", "crops", "split", "extra_data"),
        "only rows of the same model are kept: then nothing is compared",
        "the model is what one compares, not a condition",
    ),
    Mistake(
        lambda: [TABLE.index(TABLE[i]) for i in _same("networks", "crops", "split", "extra_data")],
        "of two equal records the first is found twice: list.index looks for an equal one",
        "enumerate(records) gives each its own position",
    ),
)
KINDS_ONLY = Mistake(
    lambda: _positions(lambda r: r.networks != 1 and (r.crops, r.split, r.extra_data) == (0, "test", False)),
    "all ensembles are taken for equal, however many networks vote",
    "compare the number of networks itself",
)
OTHER = ("other rows", "go through the records one by one and print what you compare")


def finds_ensembles(ensemble_rows, _):
    """rows with several networks, stated or not."""
    expected = _positions(lambda r: r.networks != 1)
    got = ensemble_rows(list(TABLE))
    expect(got, expected, ENSEMBLES, lambda imitate: imitate(), OTHER)


def finds_none(ensemble_rows, _):
    """a table of single networks: no row."""
    expect(ensemble_rows([TABLE[1], TABLE[8]]), [], (), lambda imitate: imitate(), OTHER)


def finds_comparable(_, comparable_rows):
    """rows under the conditions of row 1."""
    expected = _same("networks", "crops", "split", "extra_data")
    got = comparable_rows(list(TABLE), 1)
    expect(got, expected, COMPARABLE, lambda imitate: imitate(), OTHER)


@needs(finds_comparable)
def tells_ensembles_apart(_, comparable_rows):
    """rows under the conditions of an ensemble."""
    expected = _same("networks", "crops", "split", "extra_data", row=10)
    expect(comparable_rows(list(TABLE), 10), expected, (KINDS_ONLY,), lambda imitate: imitate(), OTHER)


CASES = (finds_ensembles, finds_none, finds_comparable, tells_ensembles_apart)


def ensemble_row(ensemble_rows, comparable_rows) -> None:
    """Check the exercise on rows that do not compare."""
    library = (Record.is_ensemble.fget,)
    run("ensemble_rows and comparable_rows", CASES, ensemble_rows, comparable_rows, library=library)
