"""A class at a glance, for instructors: one HTML page without a server, and a CSV file beside it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jinja2 import Environment

from course_utils.authoring import release
from course_utils.authoring.configuration import load_config
from course_utils.course.handin import error_of, printed_by
from course_utils.course.released import ReleasedCell
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.alike import Alike, alike
from course_utils.grading.gradebook.report import Row
from course_utils.grading.gradebook.writer import Writer
from course_utils.storage import write_text
from course_utils.tables import harmless, one_line, uncoloured

TEMPLATE = Path(__file__).parent / "glance_page" / "page.html"
_LIKELY = re.compile(r"^ +likely +(.+)$", re.M)
_NO_MISTAKE = re.compile("none of the usual mistakes|line [0-9]+ of your cell|outside of your cell")


@dataclass(frozen=True)
class Work:
    """One submission.

    Attributes:
        state: as `course grade` shows it, on a line.
        score: all points, late penalty taken off; None if nothing could be graded.
        scores: points by graded cell, as they count now; without those that wait for a mark.
        outcomes: what became of each graded cell, see :class:`results.CellResult`.
        notebook: executed; None if it could not be read.
    """

    student: str
    state: str
    score: float | None
    scores: Mapping[str, float]
    outcomes: Mapping[str, str]
    notebook: Mapping | None


@dataclass(frozen=True)
class Exercise:
    """How the class did.

    Attributes:
        points: by student; None for one whose notebook could not be read, or whose answer waits for a mark.
        full, open: students with all the points, and with no answer.
        mistake: the known mistake that the visible check named most often; empty if it named none.
        met_by: students who met it.
    """

    title: str
    of: float
    points: Mapping[str, float | None]
    full: int
    open: int
    mistake: str
    met_by: int

    @property
    def mean(self) -> float | None:
        """Points on average, of those that are known; None if none are."""
        known = [points for points in self.points.values() if points is not None]
        return sum(known) / len(known) if known else None


def write(root: Path, assignment: str, rows: Sequence[Row]) -> Path:
    """Write ``grades/<assignment>.class.html`` and ``.class.csv`` from what `course grade` left.

    Args:
        rows: the table of `course grade`.

    Returns:
        The page.
    """
    config = load_config(root)
    cells = release.released_cells(release.as_built(root, assignment), release.stubs_of(config))
    marks = Writer(root, assignment, config).marks()
    kept = {result.student: result for result in results.read_all(root, assignment)}
    works = [_work(row, kept.get(row.student), marks.get(row.student, {})) for row in rows]
    editions = [nbformat.read(path, as_version=4) for path in results.edition_files(root, assignment)]
    exercises = by_exercise(cells, works)
    page = root / "grades" / f"{assignment}.class.html"
    write_text(page, page_text(assignment, exercises, works, alike_works(cells, works, editions)))
    write_text(page.with_suffix(".csv"), csv_text(exercises, works))
    return page


def _work(row: Row, result: results.Result | None, marks: Mapping[str, results.Mark]) -> Work:
    outcomes = {cell.cell: cell.outcome for cell in result.cells} if result else {}
    scores = {name: mark.score for name, mark in marks.items() if not mark.needs}
    notebook = result.notebook if result else None
    return Work(row.student, one_line(row.state), row.score, scores, outcomes, notebook)


def by_exercise(cells: Sequence[ReleasedCell], works: Sequence[Work]) -> list[Exercise]:
    """A line for each exercise, in the order of the notebook."""
    titles = dict.fromkeys(cell.exercise for cell in cells)
    return [_exercise(title, [c for c in cells if c.exercise == title], works) for title in titles]


def _exercise(title: str, own: Sequence[ReleasedCell], works: Sequence[Work]) -> Exercise:
    graded = [cell.id for cell in own if cell.role in ("graded", "written")]
    of = sum(cell.points for cell in own)
    read = [work for work in works if work.notebook is not None]
    points: dict[str, float | None] = {w.student: None for w in works}
    for work in read:
        known = [work.scores[name] for name in graded if name in work.scores]
        points[work.student] = sum(known) if len(known) == len(graded) else None
    untried = sum({w.outcomes.get(name) for name in graded} == {results.NOT_ANSWERED} for w in read)
    checks = {cell.id for cell in own if cell.role == "check"}
    met = Counter(
        mistake for w in works if w.notebook is not None for mistake in mistakes(w.notebook, checks)
    )
    mistake, met_by = met.most_common(1)[0] if met else ("", 0)
    full = sum(value is not None and value >= of for value in points.values())
    return Exercise(title, of, points, full, untried, mistake, met_by)


def mistakes(notebook: Mapping, checks: Iterable[str]) -> set[str]:
    """The known mistakes that these check cells named when they ran."""
    ran = [cell for cell in notebook["cells"] if _name(cell) in checks]
    said = (uncoloured(f"{printed_by(cell)}\n{error_of(cell)}") for cell in ran)
    named = {found.strip() for text in said for found in _LIKELY.findall(text)}
    return {mistake for mistake in named if not _NO_MISTAKE.match(mistake)}


def _name(cell: Mapping) -> str:
    """Its ``grade_id``; empty if it has none."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def alike_works(
    cells: Sequence[ReleasedCell], works: Sequence[Work], editions: Sequence[Mapping]
) -> list[Alike]:
    """Students whose answers are alike beyond the stub and our own answer."""
    exercise_of = {cell.id: cell.exercise for cell in cells if cell.role in ("answer", "written")}
    given: dict[str, list[str]] = {}
    for edition in editions:
        for exercise, text in _answers(edition, exercise_of).items():
            given.setdefault(exercise, []).append(text)
    answers = {w.student: _answers(w.notebook, exercise_of) for w in works if w.notebook is not None}
    return alike(answers, given)


def _answers(notebook: Mapping, exercise_of: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in notebook["cells"]:
        if exercise := exercise_of.get(_name(cell)):
            found[exercise] = found.get(exercise, "") + cell["source"] + "\n"
    return found


def csv_text(exercises: Sequence[Exercise], works: Sequence[Work]) -> str:
    """A line for each student: points by exercise, all of them, the state."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", *(e.title for e in exercises), "score", "state"])
    for work in works:
        points = [e.points[work.student] for e in exercises]
        numbers = ["" if n is None else f"{n:g}" for n in (*points, work.score)]
        writer.writerow([harmless(work.student), *numbers, work.state])
    return text.getvalue()


def page_text(
    assignment: str, exercises: Sequence[Exercise], works: Sequence[Work], groups: Sequence[Alike]
) -> str:
    """The page; whatever students named or wrote is escaped."""
    people = [work for work in works if not work.state.startswith(results.GRADED)]
    unmarked = len(works) - len(people) - sum(work.state == results.GRADED for work in works)
    environment = Environment(autoescape=True, trim_blocks=True)
    environment.filters["line"] = one_line
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        assignment=assignment, exercises=exercises, works=works, people=people, groups=groups,
        unmarked=unmarked, of=sum(e.of for e in exercises),
    )  # fmt: skip
