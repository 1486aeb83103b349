"""The header line of an exercise: number, title, difficulty, points, minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course_utils.authoring.cells import Cell
from course_utils.errors import BuildError

_HEADER = re.compile(r"### Exercise (\d+) · (.+) · ([●○]{3}) · (\d+(?:\.\d+)?) points? · (\d+) min")
_NEARLY_HEADER = re.compile(r"#+\s*exercise\b", re.I)


@dataclass(frozen=True)
class Exercise:
    """What an exercise's header says; ``where`` is its ``file:line``."""

    where: str
    number: int
    title: str
    difficulty: str
    points: float
    minutes: int


def exercises(cells: Sequence[Cell]) -> Iterator[Exercise]:
    """Every exercise of a text, in order.

    Raises:
        BuildError: for a line that begins like a header and is none.
    """
    for cell in cells:
        if cell.kind == "markdown":
            yield from exercises_in(cell)


def exercises_in(cell: Cell) -> Iterator[Exercise]:
    """The exercises whose header stands in this cell of text."""
    for i, line in enumerate(cell.lines):
        if not _NEARLY_HEADER.match(line):
            continue
        match = _HEADER.fullmatch(line)
        if not match:
            raise BuildError(
                f"{cell.where(i)}: not an exercise header.",
                expected="### Exercise 2 · Freeze the backbone · ●●○ · 4 points · 10 min",
                found=line,
            )
        number, title, difficulty, points, minutes = match.groups()
        yield Exercise(cell.where(i), int(number), title, difficulty, float(points), int(minutes))
