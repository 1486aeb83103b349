"""A page for each student: what passed, what failed and how, comments; no hidden test, no script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import bleach
import nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.utils import is_grade

from course_utils.authoring import release
from course_utils.authoring.configuration import load_config
from course_utils.authoring.gradebook import FILE, GradebookError, opened
from course_utils.authoring.leaks import TELLING
from course_utils.course.handin import error_of, printed_by
from course_utils.course.released import ReleasedCell
from course_utils.errors import CourseError, is_stub
from course_utils.grading.gradebook import results, telling
from course_utils.grading.gradebook.results import read_labels, sentence
from course_utils.grading.gradebook.since import built_since, handed_in_since
from course_utils.grading.interrupts import time_limit
from course_utils.grading.submissions.finding import find_submissions
from course_utils.storage import write_text
from course_utils.tables import one_line, uncoloured

TEMPLATES = Path(__file__).parent
PROTOCOLS = ("http", "https", "mailto", "data")
PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,")
PAGE_SECONDS = 60  # an honest one takes a second
PASSED, PARTLY, WRONG, LOST = "passed", "partly", "wrong", "did not run"
OPEN, WAITS, NOT_TRIED = "not answered", "awaits a person", "not tried"
MARKED = "marked by a person"
CLASSES = {PASSED: "passed", PARTLY: "partly", WRONG: "wrong", LOST: "lost"}
_COMMENT = re.compile(r"# Graded, (?P<points>[\d.]+ points?): (?P<what>.+?)\.?$", re.M)


@dataclass(frozen=True)
class Mark:
    """What the gradebook says of a cell; ``waits`` if no person has decided yet."""

    score: float
    points: float
    waits: bool
    by_hand: bool


@dataclass(frozen=True)
class Verdict:
    """How a graded cell went, for its student: a word, and what may be told beside it."""

    word: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.word} ({self.detail})" if self.detail else self.word


@dataclass(frozen=True)
class ExerciseRow:
    """A line of the page's table."""

    title: str
    anchor: str
    points: str
    verdict: str
    lines: Sequence[str] = ()
    comments: Sequence[str] = ()
    hint: str = ""


@dataclass(frozen=True)
class Page:
    """What stands above the notebook; ``unreadable`` instead of all else where there is no notebook."""

    student: str
    assignment: str
    total: str = ""
    notes: Sequence[str] = ()
    exercises: Sequence[ExerciseRow] = ()
    unreadable: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one student's feedback: the page, or why there is none."""

    student: str
    file: Path | None
    why: str = ""


@dataclass
class _Work:
    """All that is known of one submission."""

    student: str
    notebook: NotebookNode
    marks: Mapping[str, Mark]
    comments: Mapping[str, str]
    penalty: float
    result: results.Result | None
    labels: Mapping[str, Sequence[str]]
    cells: dict[str, NotebookNode] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, cell in enumerate(self.notebook.cells):
            if "grade_id" in cell.metadata.get("nbgrader", {}):
                self.cells[cell.metadata.nbgrader.grade_id] = cell
                self.places[cell.metadata.nbgrader.grade_id] = place
        self.first_hidden = telling.first_hidden(self.notebook.cells)

    def is_open(self, name: str) -> bool:
        """Whether a cell ran before any hidden test, so that all it said may be told."""
        return self.places.get(name, 0) < self.first_hidden

    def why_stopped(self, name: str) -> str:
        """Why a cell did not run to its end, in words of ours, or with its error's own where it is open."""
        if self.result and name in self.result.stopped:
            return self.result.stopped[name]
        cell = self.cells.get(name)
        error = telling.error_in(cell) if cell else None
        if cell is None or error is None:
            return ""
        if error.ename == "KeyboardInterrupt":
            return "it took too long and was stopped"
        if self.is_open(name):
            return error_of(cell)
        broken = error.ename in telling.NO_PYTHON and telling.syntax_error(cell.source)
        return broken or telling.kind_of(error)


def write_feedback(root: Path, assignment: str, students: Sequence[str] = ()) -> list[Outcome]:
    """Write ``feedback/<student>/<assignment>/<assignment>.html`` for everybody who handed in.

    Works on what `course grade` left, and on what nbgrader's own autograde left. Of what ran behind the first
    hidden test only texts of ours are told, see :mod:`course_utils.grading.gradebook.telling`.

    Args:
        root: the course folder.
        students: only these, or all.

    Raises:
        CourseError: if there is no such assignment, nothing was handed in, or the gradebook is damaged.
    """
    config = load_config(root)
    expected = release.released_cells(release.as_built(root, assignment), release.stubs_of(config))
    visible = nbformat.read(root / "notebooks" / assignment / f"{assignment}.ipynb", as_version=4)
    exporter = _Exporter(SanitizeHTML(config=config, attributes=_allowed))
    known = _students(root, assignment)
    if not known:
        raise CourseError(
            f"nothing was handed in for {assignment}.", do="run `course collect`, then `course grade`"
        )
    return [
        _write_apart(root, assignment, student, expected, visible, exporter)
        if student in known
        else Outcome(student, None, f"nothing was handed in for {assignment}")
        for student in sorted(students) or known
    ]


def _write_apart(
    root: Path,
    assignment: str,
    student: str,
    expected: Sequence[ReleasedCell],
    visible: NotebookNode,
    exporter: _Exporter,
) -> Outcome:
    """A page that cannot be made, or not in time, is this student's trouble alone."""
    try:
        with time_limit(PAGE_SECONDS, "making this page"):
            return _write(root, assignment, student, expected, visible, exporter)
    except GradebookError:
        raise
    except Exception as problem:
        return Outcome(student, None, sentence(problem))


def _write(
    root: Path,
    assignment: str,
    student: str,
    expected: Sequence[ReleasedCell],
    visible: NotebookNode,
    exporter: _Exporter,
) -> Outcome:
    result = results.read(root, assignment, student)
    file = root / "feedback" / student / assignment / f"{assignment}.html"
    why = _outdated(root, result) if result else ""
    if result and not why and result.state != results.GRADED and result.notebook is None:
        page = Page(student, assignment, unreadable=result.why or "It holds no cells that we know.")
        write_text(file, exporter.page(nbformat.v4.new_notebook(), page))
        return Outcome(student, file, "could not be read")
    work = None if why else _work(root, assignment, student, result)
    if work is None:
        file.unlink(missing_ok=True)  # a page of what no longer counts
        return Outcome(student, None, why or "not graded yet")
    page = _page(work, assignment, expected)
    write_text(file, exporter.page(_for_student(work, visible), page))
    waits = sum(mark.waits for mark in work.marks.values())
    cells = "cell awaits" if waits == 1 else "cells await"
    return Outcome(student, file, f"{waits} {cells} a person" if waits else "")


def _outdated(root: Path, result: results.Result) -> str:
    """Why a result does not count, and what to do; empty if it does."""
    if result.notebook is None and not result.key:  # our own trouble, such as a lost worker
        return "has to be graded again: course grade"
    if handed_in_since(root, result):
        return "handed in again since: course grade"
    return "built anew since: course grade" if built_since(root, result) else ""


def _students(root: Path, assignment: str) -> list[str]:
    """Everybody of whom there is a submission or a result."""
    found = {submission.student for submission in find_submissions(root, assignment)}
    graded = {path.parent.name for path in (root / "autograded").glob(f"*/{assignment}/")}
    return sorted(found | graded | {result.student for result in results.read_all(root, assignment)})


def _work(root: Path, assignment: str, student: str, result: results.Result | None) -> _Work | None:
    """What nbgrader has of a submission; None where it was not graded."""
    file = root / "autograded" / student / assignment / f"{assignment}.ipynb"
    path = root / FILE
    if not file.exists() or not path.exists():
        return None
    with opened(path) as gradebook:
        try:
            submission = gradebook.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return None
        marks = {
            g.name: Mark(g.score, g.max_score, g.needs_manual_grade, g.manual_score is not None)
            for g in submission.grades
        }
        comments = {c.name: c.manual_comment for c in submission.comments if c.manual_comment}
        penalty = submission.late_submission_penalty or 0.0
    notebook = nbformat.read(file, as_version=4)
    return _Work(student, notebook, marks, comments, penalty, result, read_labels(root, assignment))


def _page(work: _Work, assignment: str, expected: Sequence[ReleasedCell]) -> Page:
    titles = dict.fromkeys(cell.exercise for cell in expected)
    rows = [_row(work, title, [c for c in expected if c.exercise == title]) for title in titles]
    notes = list(work.result.notes) if work.result else []
    if work.penalty:
        notes.append(f"{_points(work.penalty)} points are taken off because it was late.")
    return Page(work.student, assignment, _total(work), notes, rows)


def _total(work: _Work) -> str:
    score = max(0.0, sum(mark.score for mark in work.marks.values()) - work.penalty)
    points = sum(mark.points for mark in work.marks.values())
    waits = sum(mark.points for mark in work.marks.values() if mark.waits)
    rest = f"; {_points(waits)} points still await a person" if waits else ""
    return f"{_points(score)} of {_points(points)} points{rest}"


def _row(work: _Work, title: str, own: Sequence[ReleasedCell]) -> ExerciseRow:
    graded = [cell for cell in own if cell.role in ("graded", "written") and cell.id in work.marks]
    verdicts = {cell.id: _verdict(work, cell) for cell in graded}
    broken = list(_broken_answers(work, own))
    whole = _whole([verdict.word for verdict in verdicts.values()], bool(broken))
    tests = [cell for cell in graded if cell.role == "graded"]
    told = [cell for cell in tests if not broken or verdicts[cell.id].word != LOST]
    lines = broken + [f"{_label(work, cell)}: {verdicts[cell.id]}" for cell in told]
    marks = [work.marks[cell.id] for cell in graded]
    points = f"{_points(sum(m.score for m in marks))} of {_points(sum(m.points for m in marks))}"
    comments = [work.comments[cell.id] for cell in own if cell.id in work.comments]
    anchor = _anchor(next((c.id for c in own if c.role in ("answer", "written")), own[0].id))
    return ExerciseRow(title, anchor, points, whole, lines, comments, _hint(work, own, whole))


def _whole(words: Sequence[str], broken: bool) -> str:
    """One word for an exercise: what a person or a rerun may still change comes first."""
    if not words:
        return "no points"
    if WAITS in words:
        return WAITS
    if LOST in words or (broken and PASSED not in words):
        return LOST
    if len(set(words)) == 1:
        return words[0]
    return PARTLY if {PASSED, PARTLY} & set(words) else WRONG


def _verdict(work: _Work, cell: ReleasedCell) -> Verdict:
    """The gradebook decides; what `course grade` saw says why."""
    mark, seen = work.marks[cell.id], _seen(work, cell.id)
    lost = None
    if seen and seen.outcome == results.DID_NOT_RUN:
        lost = Verdict(LOST, ": ".join(filter(None, (seen.where, work.why_stopped(seen.where)))))
    if mark.waits:
        return Verdict(WAITS, f"{LOST}, {lost.detail}" if lost else "")
    if cell.role == "written":
        empty = seen and seen.outcome == results.NOT_ANSWERED and not mark.by_hand
        return Verdict(OPEN) if empty else Verdict(MARKED)
    if lost and not mark.by_hand:
        return lost
    if mark.score >= mark.points:
        return Verdict(PASSED)
    if mark.by_hand:
        return Verdict(MARKED)
    if mark.score > 0:
        return Verdict(PARTLY)
    graded = work.cells.get(cell.id)
    error = telling.error_in(graded) if graded else None
    if error and is_stub(error.ename, error.evalue):
        return Verdict(NOT_TRIED)
    source = graded.source if graded else ""
    return Verdict(WRONG, telling.category(error, source, work.labels.get(cell.id, ())))


def _seen(work: _Work, name: str) -> results.CellResult | None:
    return next((c for c in work.result.cells if c.cell == name), None) if work.result else None


def _broken_answers(work: _Work, own: Sequence[ReleasedCell]) -> Iterator[str]:
    for wanted in own:
        if wanted.role == "answer" and (why := work.why_stopped(wanted.id)):
            yield f"the cell of your answer did not run to its end: {why}"


def _hint(work: _Work, own: Sequence[ReleasedCell], word: str) -> str:
    """What the visible check printed, where it found something; else where hints stand."""
    graded = [cell for cell in own if cell.role == "graded" and cell.id in work.marks]
    lost = [work.marks[c.id] for c in graded if work.marks[c.id].score < work.marks[c.id].points]
    if word not in (WRONG, PARTLY) or all(mark.by_hand for mark in lost):
        return ""
    checks = [c.id for c in own if c.role == "check" and c.id in work.cells]
    failed = [_said_by(work, name) for name in checks if telling.error_in(work.cells[name])]
    if failed:
        return "The visible check says:\n\n" + "\n".join(failed)
    return (
        "Your visible check passes, so the case that fails is one that it does not show. Read the exercise "
        "again for what it promises of every input; the folded hints stand below its check."
    )


def _said_by(work: _Work, name: str) -> str:
    """What a check that failed printed."""
    cell = work.cells[name]
    if work.is_open(name):
        return printed_by(cell) or error_of(cell)
    ours = telling.report(printed_by(cell)) or telling.kind_of(telling.error_in(cell) or {})
    return f"{ours}\n(run it in your notebook to see values)"


def _label(work: _Work, wanted: ReleasedCell) -> str:
    """The comment that students see of a hidden test: "streams that you have not seen (2 points)"."""
    cell = work.cells.get(wanted.id)
    match = _COMMENT.match(cell.source) if cell else None
    return f"{match['what']} ({match['points']})" if match else wanted.id


def _for_student(work: _Work, visible: NotebookNode) -> NotebookNode:
    """The graded notebook with each test as it was handed out, and nothing that quotes one."""
    released = {c.metadata.nbgrader.grade_id: c for c in visible.cells if "nbgrader" in c.metadata}
    secrets = _secrets(work.notebook, visible)
    cells = []
    for place, cell in enumerate(work.notebook.cells):
        outputs = _outputs(cell, secrets) if place < work.first_hidden else _notice(cell)
        cells.append(_cell(work, cell, released, outputs))
    return nbformat.v4.new_notebook(cells=cells)


def _outputs(cell: NotebookNode, secrets: set[str]) -> list[NotebookNode]:
    return [_output(output, secrets) for output in cell.get("outputs", ())]


def _notice(cell: NotebookNode) -> list[NotebookNode]:
    """In the place of outputs behind a hidden test: they may tell what it holds."""
    text = "(shown in your own notebook: outputs behind a hidden test are left out here)\n"
    return [nbformat.v4.new_output("stream", name="stdout", text=text)] if cell.get("outputs") else []


def _secrets(graded: NotebookNode, visible: NotebookNode) -> set[str]:
    """The telling lines of hidden tests."""
    shown = {line.strip() for cell in visible.cells for line in cell.source.splitlines()}
    tests = [cell for cell in graded.cells if cell.cell_type == "code" and is_grade(cell)]
    lines = {line.strip() for cell in tests for line in cell.source.splitlines()}
    return {line for line in lines - shown if len(line) >= TELLING}


def _cell(
    work: _Work,
    cell: NotebookNode,
    released: Mapping[str, NotebookNode],
    outputs: list[NotebookNode],
) -> NotebookNode:
    name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    mark = work.marks.get(name)
    told = {"anchor": _anchor(name or cell.get("id", "")), "verdict": "", "kind": ""}
    if mark:
        role = "graded" if cell.cell_type == "code" else "written"
        verdict = _verdict(work, ReleasedCell(name, role, "", mark.points, ""))
        score = "" if mark.waits else f" ({_points(mark.score)} of {_points(mark.points)} points)"
        told |= {"verdict": f"{verdict}{score}", "kind": CLASSES.get(verdict.word, "")}
    if cell.cell_type != "code":
        new = nbformat.v4.new_markdown_cell if cell.cell_type == "markdown" else nbformat.v4.new_raw_cell
        attached = {"attachments": cell.attachments} if "attachments" in cell else {}
        return new(cell.source, metadata={"feedback": told}, **attached)
    hidden = bool(mark)
    source = released[name].source if hidden and name in released else "" if hidden else cell.source
    shown = [] if hidden else outputs
    return nbformat.v4.new_code_cell(source, metadata={"feedback": told}, outputs=shown)


def _output(output: NotebookNode, secrets: set[str]) -> NotebookNode:
    """An output without any metadata but a picture's alt text; a notice in its place if it quotes a test."""
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
    data = output.get("data", {})
    texts += [str(value) for kind, value in data.items() if not kind.startswith("image/")]
    plain = uncoloured("\n".join(map(str, texts)))
    if any(secret in plain for secret in secrets):
        return nbformat.v4.new_output("stream", name="stdout", text="(left out: it quotes a hidden test)\n")
    clean = NotebookNode({key: value for key, value in output.items() if key != "metadata"})
    if "data" in clean:
        given = output.get("metadata", {})
        alts = {kind: given[kind].get("alt") for kind in data if isinstance(given.get(kind), dict)}
        clean.metadata = {kind: {"alt": str(alt)} for kind, alt in alts.items() if alt}
    return clean


class _Exporter:
    """nbconvert's HTML exporter with our page, and its own sanitiser for all that students wrote."""

    def __init__(self, sanitizer: SanitizeHTML):
        self.sanitizer = sanitizer
        self.exporter = HTMLExporter(
            template_name="feedback_page",
            extra_template_basedirs=[str(TEMPLATES)],
            sanitize_html=True,
            exclude_anchor_links=True,
            exclude_input_prompt=True,
            exclude_output_prompt=True,
            filters={"harmless": self._harmless},
        )

    def _harmless(self, text: str) -> str:
        """As the sanitiser does it, but that pictures in the page may stay; :func:`_allowed` has the say."""
        return bleach.clean(text, self.sanitizer.tags, _allowed, protocols=PROTOCOLS)

    def page(self, notebook: NotebookNode, page: Page) -> str:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = self.sanitizer.sanitize_code_outputs(cell.outputs)
        text, _ = self.exporter.from_notebook_node(notebook, resources={"feedback": page})
        return text


def _allowed(tag: str, name: str, value: str) -> bool:
    """Attributes that may stay: links out, and pictures that are in the page, with their alt text."""
    if tag == "img":
        return name in ("alt", "title") or (name == "src" and value.startswith(PICTURES))
    if tag == "a":
        return name == "title" or (name == "href" and value.startswith(("http://", "https://", "mailto:")))
    return tag in ("abbr", "acronym") and name == "title"


def _anchor(name: str) -> str:
    return "cell-" + re.sub(r"[^\w-]", "-", name)


def _points(value: float) -> str:
    return f"{value:.4g}"


def report(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """A line for each student."""
    for outcome in outcomes:
        why = f" ({outcome.why})" if outcome.why else ""
        yield one_line(f"{outcome.student}: {outcome.file or 'no page'}{why}")
