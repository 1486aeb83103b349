"""What a chapter asks of a student: cells, words and minutes, its core and what is further apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from course_utils.authoring.cells import Cell
from course_utils.authoring.exercises import exercises_in
from course_utils.authoring.source import Source

FURTHER = "## Further"  # a heading that begins so opens the part that can be left out
WORDS_A_MINUTE = 200  # careful reading of a text in one's trade
LINES_A_MINUTE = 15  # of code, with a look at what it gives
CORE_MINUTES = 90  # what the core of a chapter may ask for

_LINK_OR_TAG = re.compile(r"<[^>]*>|\]\([^)]*\)")
_WORD = re.compile(r"[^\W_][\w'’-]*")


@dataclass(frozen=True)
class Effort:
    """What one part of a chapter asks for.

    Attributes:
        exercise_minutes: as the headers of its exercises say.
        lines: of code that a student reads: no hidden tests, no solutions.
    """

    cells: int = 0
    words: int = 0
    lines: int = 0
    exercise_minutes: int = 0
    points: float = 0

    @property
    def minutes(self) -> int:
        """Reading, code and exercises together, rounded."""
        return round(self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE + self.exercise_minutes)

    def __add__(self, other: Effort) -> Effort:
        pairs = zip(vars(self).values(), vars(other).values())
        return Effort(*(a + b for a, b in pairs))


def efforts(source: Source) -> tuple[Effort, Effort]:
    """What the core of a chapter asks for, and what the rest does."""
    core, further = parts(source)
    return _sum(core), _sum(further)


def parts(source: Source) -> tuple[Sequence[Cell], Sequence[Cell]]:
    """The cells of the core, and those from the heading ``## Further`` on."""
    cells = source.cells
    opens = [i for i, cell in enumerate(cells) if cell.kind == "markdown" and cell.source.startswith(FURTHER)]
    end = opens[0] if opens else len(cells)
    return cells[:end], cells[end:]


def _sum(cells: Sequence[Cell]) -> Effort:
    return sum((_of(cell) for cell in cells), Effort())


def _of(cell: Cell) -> Effort:
    if cell.is_ours:
        return Effort()
    if cell.kind == "markdown" and not cell.role:
        found = list(exercises_in(cell))
        words = len(_WORD.findall(_LINK_OR_TAG.sub(" ", cell.source)))
        return Effort(1, words, 0, sum(e.minutes for e in found), sum(e.points for e in found))
    if cell.role:  # the time for answers, checks and graded cells stands in the exercise's header
        return Effort(1)
    return Effort(1, lines=sum(bool(line.strip()) for line in cell.lines))
