"""What a grader sees: progress while it works, a table, the scores that changed, and a CSV file."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.grading.gradebook.results import FLAGGED, GRADED, NEEDS_YOU, WAITING, Mark, Result
from course_utils.storage import write_text
from course_utils.tables import harmless, one_line

QUIET_SECONDS = 10  # between lines of progress where these cannot be written over each other
COLUMNS = ("student", "score", "of", "state", "seconds")
NO_MARK = "no mark yet"
LONGEST_STATE, LONGEST_IN_FILE = 100, 300  # characters of it in the table and in the CSV; result.json has all


@dataclass(frozen=True)
class Row:
    """One submission as the gradebook has it now.

    Attributes:
        score: in points, late penalty taken off; None if nothing could be graded.
        of: the most one can have; None likewise.
        state: ``graded``, ``graded, 2 marks missing`` where written answers wait, ``needs you: why`` or
            ``flagged: why``.
        seconds: that its execution took.
        changes: automatic scores that are others than before: cell, old, new.
    """

    student: str
    score: float | None
    of: float | None
    state: str
    seconds: float
    changes: Sequence[Mapping] = field(default=())

    @property
    def graded(self) -> bool:
        """Whether nobody needs to look, but for written answers."""
        return self.state.startswith(GRADED)


def row_of(result: Result, marks: Mapping[str, Mark], penalty: float = 0.0) -> Row:
    """The row of a result. Cells that a person has marked since are settled."""
    undecided = [c.cell for c in result.cells if c.score is None and c.outcome != WAITING]
    settled = undecided and all(name in marks and marks[name].decided for name in undecided)
    state = _marked(result, marks) if result.state == GRADED or settled else f"{result.state}: {result.why}"
    news = () if result.told else result.changes
    if not result.cells or not marks:  # it could not be read, or not be written
        return Row(result.student, None, None, state, result.seconds, news)
    score = max(0.0, sum(mark.score for mark in marks.values()) - penalty)
    points = sum(cell.points for cell in result.cells)
    return Row(result.student, score, points, state, result.seconds, news)


def _marked(result: Result, marks: Mapping[str, Mark]) -> str:
    """That it is graded, and how many written answers a person has still to mark."""
    waiting = [cell.cell for cell in result.cells if cell.outcome == WAITING]
    missing = sum(not (name in marks and marks[name].decided) for name in waiting)
    missing += sum(mark.needs for name, mark in marks.items() if name not in waiting)
    return f"{GRADED}, {missing} {'mark' if missing == 1 else 'marks'} missing" if missing else GRADED


class Progress:
    """A line that is written over in a terminal; elsewhere a line now and then.

    Args:
        total: submissions in all.
        say: takes a line, as ``print`` does.
    """

    def __init__(self, total: int, say: Callable[[str], None] = print):
        self.total, self.say = total, say
        self.done = self.flagged = self.failed = 0
        self._running = 0
        self._terminal = sys.stdout.isatty() and say is print
        self._began, self._last = time.monotonic(), 0.0
        self._end = 0.0  # when all will be done, as the last one that was done lets us hope

    def running(self, number: int) -> None:
        """So many run now."""
        self._running = number
        self._show()

    def one_more(self, result: Result) -> None:
        """A submission has been dealt with."""
        self.done += 1
        used = time.monotonic() - self._began
        self._end = self._began + used / self.done * self.total
        self.flagged += result.state == FLAGGED
        self.failed += result.state == NEEDS_YOU
        self._show()

    def end(self) -> None:
        """Leave the last state in sight."""
        if self.total:
            self._show(last=True)

    def line(self) -> str:
        """For example ``12 of 40 done, 2 running, 1 flagged, 0 need you, 1:20 left``."""
        running = f"{self._running} running, " if self.done < self.total else ""
        people = f"{self.flagged} flagged, {self.failed} need you"
        return f"{self.done} of {self.total} done, {running}{people}{self._left()}"

    def _left(self) -> str:
        if not self.done or self.done == self.total:
            return ""
        seconds = round(self._end - time.monotonic())
        return f", {seconds // 60}:{seconds % 60:02} left" if seconds > 0 else ", longer than expected"

    def _show(self, last: bool = False) -> None:
        now = time.monotonic()
        if self._terminal:
            print(f"\r{self.line():<78}", end="\n" if last else "", flush=True)
        elif last or now - self._last > QUIET_SECONDS:
            self._last = now
            self.say(self.line())


def table(rows: Sequence[Row]) -> str:
    """A line for each student, as text."""
    cells = [COLUMNS, *(_texts(row, LONGEST_STATE) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
    lines = []
    for student, score, of, state, seconds in cells:
        who, what = student.ljust(widths[0]), state.ljust(widths[3])
        lines.append(
            "  ".join([who, score.rjust(widths[1]), of.rjust(widths[2]), what, seconds.rjust(widths[4])])
        )
    return "\n".join(lines)


def changes(rows: Sequence[Row]) -> str:
    """A line for each automatic score that is another than before; empty if there is none."""
    return "\n".join(
        f"{one_line(row.student)}: {it['cell']} had {_number(it['old'])}, has {_number(it['new']) or NO_MARK}"
        for row in rows
        for it in row.changes
    )


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """The table as a file, written whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_texts(row, LONGEST_IN_FILE) for row in rows)
    write_text(path, text.getvalue())


def _texts(row: Row, longest: int) -> tuple[str, str, str, str, str]:
    student, state = harmless(row.student), one_line(row.state, longest)
    return student, _number(row.score), _number(row.of), state, f"{row.seconds:.1f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
