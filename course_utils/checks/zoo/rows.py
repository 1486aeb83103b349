"""Check of exercise ensemble_row: which rows of a table can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, first_only
from course_utils.checks.trials import Trial, expect
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
    Record("G", 8.8, 1, 11, "val", False, ""),
    Record("H", 18.2, 11, 1, "val", False, ""),
    Record("I", 6.6, 0, 0, "test", False, ""),
    Record("J", 9.9, 1, 0, "test", False, ""),
    Record("K", 8.4, 1, 1, "val", False, ""),
    Record("A", 17.0, 1, 1, "val", False, ""),
    Record("L", 19.5, 0, 10, "val", True, ""),
)
CONDITIONS = ("networks", "crops", "split", "extra_data")
Rows = Sequence[Record]


def _positions(rows: Rows, keep: Callable[[Record], bool]) -> list[int]:
    return [i for i, record in enumerate(rows) if keep(record)]


def _ensembles(rows: Rows) -> list[int]:
    return _positions(rows, lambda r: r.networks != 1)


def _alike(names: Sequence[str], rows: Rows, row: int) -> list[int]:
    """The rows that agree with one row in these fields."""
    wanted = [getattr(rows[row], name) for name in names]
    return _positions(rows, lambda r: [getattr(r, name) for name in names] == wanted)


def _same(*names: str) -> Callable[[Rows, int], list[int]]:
    return partial(_alike, names)


_comparable = _same(*CONDITIONS)


def _read(rows: Rows) -> list[Record]:
    """The same records, as if read from a file: equal texts are not one object."""
    return [replace(record, split="".join([*record.split])) for record in rows]


def _of_a_kind(rows: Rows, row: int) -> list[int]:
    def kind(r: Record) -> tuple:
        return r.networks == 1, r.crops, r.split, r.extra_data

    return _positions(rows, lambda r: kind(r) == kind(rows[row]))


def _if_not_stated(rows: Rows, row: int) -> list[int]:
    """0 networks taken to equal any number but 1."""
    asked = rows[row].networks
    return [i for i in _of_a_kind(rows, row) if not asked or rows[i].networks in (0, asked)]


def _several_crops(rows: Rows, row: int) -> list[int]:
    def kind(r: Record) -> tuple:
        return r.networks, r.crops > 1, r.split, r.extra_data

    return _positions(rows, lambda r: kind(r) == kind(rows[row]))


def _run_together(rows: Rows, row: int) -> list[int]:
    """Conditions compared as one string: 1 and 11 give the same as 11 and 1."""

    def text(r: Record) -> str:
        return "".join(str(getattr(r, name)) for name in CONDITIONS)

    return _positions(rows, lambda r: text(r) == text(rows[row]))


FIRST_ONLY = first_only("only the first position is found")
ENSEMBLES = (
    Mistake(
        lambda rows: _positions(rows, lambda r: r.networks > 1),
        "0 networks are taken for one",
        "0 stands for several: everything but 1 is an ensemble",
    ),
    Mistake(
        lambda rows: _positions(rows, lambda r: r.networks not in (1, 2)),
        "two networks are not taken for several",
        "everything but 1 is an ensemble",
    ),
    Mistake(lambda rows: _ensembles(rows)[:1], *FIRST_ONLY),
    Mistake(
        lambda rows: _positions(rows, lambda r: r.networks == 0),
        "only rows without a stated number are found",
        "everything but 1 is an ensemble, whether its number is stated or not",
    ),
    Mistake(
        lambda rows: _positions(rows, lambda r: r.networks >= 1),
        "single networks are found as well, and those without a stated number are not",
        "everything but 1 is an ensemble: networks != 1",
    ),
    Mistake(
        lambda rows: _positions(rows, lambda r: r.networks == 1),
        "these are the single networks",
        "return the other rows",
    ),
    Mistake(
        lambda rows: _positions(rows, lambda r: r.networks != 1 or r.crops > 1),
        "several crops of one network count as an ensemble here",
        "look at networks alone",
    ),
    Mistake(
        lambda rows: _positions(rows, lambda r: r.networks != 1 or r.extra_data),
        "extra data count as an ensemble here",
        "look at networks alone",
    ),
    Mistake(
        lambda rows: [i + 1 for i in _ensembles(rows)],
        "positions are counted from 1",
        "the first row is number 0",
    ),
    Mistake(
        lambda rows: _ensembles(rows)[::-1],
        "the order is descending",
        "go through the records from the first to the last",
    ),
    Mistake(
        lambda rows: _ensembles(rows) or [0],
        "a row is returned where there is none",
        "return an empty list there",
    ),
    Mistake(
        lambda rows: [rows.index(rows[i]) for i in _ensembles(rows)],
        "of two equal records the first is found twice",
        "list.index looks for an equal record; enumerate(records) gives each its own position",
    ),
)
COMPARABLE = (
    Mistake(
        _same("networks"),
        "only the number of networks is compared",
        "crops, split and extra_data are conditions too",
    ),
    Mistake(
        _same("networks", "crops", "split"),
        "extra data are left out of the conditions",
        "compare extra_data too",
    ),
    Mistake(
        _same("networks", "split", "extra_data"),
        "crops are left out of the conditions",
        "compare crops too",
    ),
    Mistake(
        _same("networks", "crops", "extra_data"),
        "the split is left out of the conditions",
        "compare split too",
    ),
    Mistake(
        _same("crops", "split", "extra_data"),
        "the number of networks is left out of the conditions",
        "compare networks too",
    ),
    Mistake(
        lambda rows, row: [i for i in _comparable(rows, row) if i != row],
        "the row itself is missing",
        "a row has its own conditions: keep it",
    ),
    Mistake(
        lambda rows, row: [i for i in _comparable(rows, row) if i >= row],
        "the rows above it are left out",
        "go through all records, from the first",
    ),
    Mistake(
        lambda rows, row: [row] if rows[row].networks == 0 else _comparable(rows, row),
        "a number that is not stated is taken to differ from any other",
        "0 equals 0: compare the fields as they are",
    ),
    Mistake(
        _same("model", *CONDITIONS),
        "only rows of the same model are kept: then nothing is compared",
        "the model is what one compares, not a condition",
    ),
    Mistake(
        _same("error", *CONDITIONS),
        "only rows with the same error are kept",
        "the error is what was measured, not a condition",
    ),
    Mistake(
        lambda rows, row: [rows.index(rows[i]) for i in _comparable(rows, row)],
        "list.index finds the first of two equal records twice",
        "enumerate(records) gives each its own position",
    ),
    Mistake(
        lambda rows, row: _comparable(rows, row)[::-1],
        "the order is descending",
        "go through the records from the first to the last",
    ),
    Mistake(
        lambda rows, row: sorted(_comparable(rows, row), key=lambda i: rows[i].error),
        "the rows are sorted by their error",
        "leave them in the order of the table",
    ),
    Mistake(
        lambda rows, row: _comparable(rows, 0),
        "the first row is compared, whatever row is asked for",
        "compare with records[row]",
    ),
    Mistake(
        lambda rows, row: [i for i in range(len(rows)) if i not in _comparable(rows, row)],
        "these are the rows under other conditions",
        "keep the rows whose conditions are equal",
    ),
    Mistake(
        lambda rows, row: _positions(
            rows, lambda r: any(getattr(r, n) == getattr(rows[row], n) for n in CONDITIONS)
        ),
        "one equal condition is enough here",
        "all four must be equal: `and`, not `or`",
    ),
    Mistake(
        _of_a_kind,
        "all ensembles are taken for equal, however many networks vote",
        "compare the number of networks itself",
    ),
    Mistake(
        _if_not_stated,
        "a number that is not stated (0) is taken to equal that of every ensemble",
        "compare the number of networks itself: 0 equals 0",
    ),
    Mistake(
        _several_crops,
        "only whether there is one crop or several is compared",
        "compare the number of crops itself",
    ),
    Mistake(
        _run_together,
        "the conditions are run together: 1 and 11 are then equal to 11 and 1",
        "compare each condition by itself: tuples do",
    ),
    Mistake(
        lambda rows, row: _positions(
            rows, lambda r: all(getattr(r, n) is getattr(rows[row], n) for n in CONDITIONS)
        ),
        "whole records are compared, or conditions by `is`: equal texts need not be one object",
        "compare the four conditions, with ==",
    ),
    Mistake(lambda rows, row: _comparable(rows, row)[:1], *FIRST_ONLY),
)
BY_HAND = "go through the records one by one and print what you compare"


def finds_ensembles(ensemble_rows, _):
    """rows with several networks, stated or not."""
    _expect_ensembles(ensemble_rows, (0, 1), (2, 3), (4, 4, 8), (18,), range(len(TABLE)))


@needs(finds_ensembles)
def finds_none(ensemble_rows, _):
    """a table of single networks: no row."""
    _expect_ensembles(ensemble_rows, (1, 8))


def finds_comparable(_, comparable_rows):
    """rows under the conditions of one row."""
    _expect_comparable(comparable_rows, 1, 3, 12)
    _expect_comparable(comparable_rows, 1, 3, table=TABLE[::-1])


@needs(finds_comparable)
def tells_ensembles_apart(_, comparable_rows):
    """rows under the conditions of an ensemble."""
    table = (*TABLE, Record("M", 5.0, 5, 0, "test", False, ""))
    _expect_comparable(comparable_rows, 10, 2, table=table)


CASES = (finds_ensembles, finds_none, finds_comparable, tells_ensembles_apart)


def ensemble_row(ensemble_rows, comparable_rows) -> None:
    """Check the exercise on rows that do not compare."""
    library = (Record.is_ensemble.fget, Record.conditions.fget)  # type: ignore[attr-defined]  # properties
    run("ensemble_rows and comparable_rows", CASES, ensemble_rows, comparable_rows, library=library)


def _expect_ensembles(ensemble_rows, *tables: Sequence[int]) -> None:
    """``tables`` hold positions in the table of this module."""
    trials = []
    for positions in tables:
        rows = [TABLE[i] for i in positions]
        told = f"records with networks {[record.networks for record in rows]}"
        trials.append(Trial(told, lambda answer, rows=rows: answer(list(rows)), _ensembles(rows)))
    expect(ensemble_rows, trials, ENSEMBLES, BY_HAND)


def _expect_comparable(comparable_rows, *rows: int, table: Rows = TABLE) -> None:
    trials = []
    for row in rows:
        told = ", ".join(f"{name} {getattr(table[row], name)}" for name in CONDITIONS)
        expected = _comparable(table, row)
        told = f"row {row}: {told}"
        trials.append(Trial(told, lambda answer, row=row: answer(_read(table), row), expected))
    expect(comparable_rows, trials, COMPARABLE, BY_HAND)
