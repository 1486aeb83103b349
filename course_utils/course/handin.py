"""Before handing in: is the notebook whole, and do its visible checks pass? Needs no nbgrader."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

import course_utils
from course_utils.course.notebookfile import NotebookError, read_notebook
from course_utils.course.released import Released, ReleasedCell, assignment_of, fingerprint
from course_utils.environ import environment
from course_utils.errors import CourseError, EnvironmentProblem, is_stub

CELL_SECONDS = 60  # as Execute.timeout in nbgrader_config.py
PASSED, FAILING, NOT_TRIED, DID_NOT_RUN = "passed", "FAILING", "not tried", "DID NOT RUN"
ANSWERED, NOT_ANSWERED = "answered", "not answered"
HAND_IN = "Save, then hand in this .ipynb file as it is"
SET_UP = "from course_utils.notebook import"  # in the cell without which none after it can work
# As a kernel sees it while nbgrader grades: data, weights and budget are small, and experiments rest.
AS_GRADED = {"NBGRADER_EXECUTION": "validate", "TQDM_DISABLE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


class HandInError(CourseError):
    """A notebook that is not of this course, or of another version of it."""


@dataclass(frozen=True)
class Exercise:
    """What came of an exercise's visible checks; of a written one, whether there is an answer."""

    title: str
    points: float
    state: str
    detail: str = ""


@dataclass(frozen=True)
class Review:
    """What a student should know before handing in.

    Attributes:
        repairs: what keeps the notebook from being graded as it is, a sentence each.
        notes: cells of the student's own that raised an error; no harm in itself.
    """

    assignment: str
    repairs: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    notes: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether it can be graded as it is, and nothing that was tried fails."""
        return not self.repairs and all(e.state not in (FAILING, DID_NOT_RUN) for e in self.exercises)

    def __str__(self) -> str:
        lines = [f"{self.assignment}, course {course_utils.__version__}", ""]
        for exercise in self.exercises:
            lines.append(f"  {exercise.state:<13}{exercise.title:<40}{exercise.points:>4g} points".rstrip())
            lines += [f"               {line}" for line in exercise.detail.splitlines()]
        for head, texts in (("to be repaired:", self.repairs), ("by the way:", self.notes)):
            lines += ["", head, *(f"  - {text}" for text in texts)] if texts else []
        return "\n".join([*lines, "", self._last_words()])

    def _last_words(self) -> str:
        if self.repairs:
            return "Do not hand it in yet: correct what is listed, or copy your answers into a new copy."
        if not self.ready:
            return f"It can be graded, but something that you tried fails. {HAND_IN}."
        left = sum(exercise.state in (NOT_TRIED, NOT_ANSWERED) for exercise in self.exercises)
        still_open = f"It can be graded; {left} of {len(self.exercises)} exercises are still open."
        return (
            f"{still_open if left else 'Ready.'} {HAND_IN}: no page, no zip.\n"
            "Hidden tests decide the points; they ask for what the exercise says, on inputs of their own."
        )


def check(path: Path, released: Released) -> Review:
    """Look a notebook over, run it as grading does, and say how its visible checks went.

    The file is only read. Its cells run in one fresh kernel, in the notebook's folder, with your rights.

    Raises:
        NotebookError: if the file cannot be read as a notebook.
        HandInError: if it is not of this course, or of another version.
        EnvironmentProblem: if its set-up cell fails, so that nothing can be said about the answers.
    """
    notebook = _read(path)
    assignment = _assignment(path, notebook, released)
    expected = released[assignment]
    repairs = tuple(_repairs(notebook, expected))
    stopped = _run(notebook, path.parent)
    _require_set_up(path, notebook)
    return Review(
        assignment, repairs, tuple(_exercises(notebook, expected, stopped)), tuple(_notes(notebook))
    )


def _read(path: Path) -> NotebookNode:
    try:
        return read_notebook(path.read_bytes())
    except OSError as problem:
        raise NotebookError(
            f"{path} cannot be read.",
            expected="your notebook, saved: NAME.ipynb",
            found="a folder" if path.is_dir() else problem.strerror,
            do="correct the path",
        ) from None
    except NotebookError as problem:
        what = f"{path.name}: {problem.what}"
        raise NotebookError(what, expected=problem.expected, found=problem.found, do=problem.do) from None


def _assignment(path: Path, notebook: NotebookNode, released: Released) -> str:
    """Which notebook of the course it is; by the cells' own ids too: some editors drop nbgrader's marks."""
    present = [name for cell in notebook.cells for name in (cell.metadata.grade_id, cell.id)]
    assignment = assignment_of(present, {name: [c.id for c in cells] for name, cells in released.items()})
    if assignment is None:
        raise HandInError(
            f"{path.name}: no cell of this course is in it.",
            expected=", ".join(released),
            do="copy your answers into the notebook that was handed out",
        )
    named = next((name for name in released if path.stem.startswith(name)), assignment)
    if named != assignment:
        raise HandInError(
            f"{path.name} holds the cells of {assignment}.",
            expected=f"the cells of {named}",
            found="another assignment under this name",
            do="look for the right file",
        )
    version = notebook.metadata.get("course_version", course_utils.__version__)
    if version != course_utils.__version__:
        raise HandInError(
            f"{path.name} is of another version of the course.",
            expected=course_utils.__version__,
            found=str(version),
            do="get notebook and package from the same hand-out",
        )
    return assignment


def _repairs(notebook: NotebookNode, expected: Sequence[ReleasedCell]) -> Iterator[str]:
    """What grading would have to guess about."""
    by_name: dict[str, list[tuple[int, NotebookNode]]] = {}
    for position, cell in enumerate(notebook.cells, 1):
        by_name.setdefault(cell.metadata.grade_id, []).append((position, cell))
    unmarked = {cell.id: position for position, cell in by_name.get("", [])}
    for wanted in expected:
        found = by_name.get(wanted.id, [])
        what = f"exercise {wanted.exercise}: the {wanted.role} cell {wanted.id}"
        if not found:
            lost = unmarked.get(wanted.id)
            yield f"{what} lost its mark for nbgrader (cell {lost})" if lost else f"{what} is missing"
        if len(found) > 1:
            places = ", ".join(str(position) for position, _ in found)
            yield f"{what} is there {len(found)} times (cells {places}): keep one"
        for position, cell in found:
            if cell.cell_type != ("markdown" if wanted.role == "written" else "code"):
                yield f"{what} is now of type {cell.cell_type} (cell {position})"
            elif wanted.role in ("check", "graded") and fingerprint(cell.source) != wanted.print:
                yield f"{what} was changed (cell {position}): it will run as it was handed out"


def _run(notebook: NotebookNode, folder: Path) -> str:
    """Run all cells; outputs go into the notebook in memory. Returns why it stopped early, or nothing."""
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_SECONDS,
        interrupt_on_timeout=True,
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
    )
    last_cell = _guard(client)
    try:
        with environment(**AS_GRADED):
            client.execute()
    except Exception as problem:
        if hasattr(client, "_async_cleanup_kernel_future"):  # nbclient's answer to Ctrl-C
            raise KeyboardInterrupt from None
        if not isinstance(problem, DeadKernelError):
            raise
        return f"the kernel died, or could not be interrupted, in cell {last_cell()}"
    return ""


def _guard(client) -> Callable[[], int]:
    """Kill the kernel where a cell goes on after its time and the interrupt; tells which cell ran last.

    nbclient itself would wait for such a cell for ever.
    """
    begun, timers = [0], []

    def begin(cell: NotebookNode, cell_index: int) -> None:
        begun.append(cell_index + 1)
        timers.append(threading.Timer(2 * CELL_SECONDS, lambda: client.km.provisioner.process.kill()))
        timers[-1].daemon = True
        timers[-1].start()

    def end(**_: object) -> None:
        while timers:
            timers.pop().cancel()

    client.on_cell_execute, client.on_cell_executed, client.on_notebook_complete = begin, end, end
    return lambda: begun[-1]


def _require_set_up(path: Path, notebook: NotebookNode) -> None:
    cell = next((c for c in notebook["cells"] if SET_UP in c["source"] and c["cell_type"] == "code"), None)
    if cell is not None and error_of(cell):
        raise EnvironmentProblem(
            f"{path.name} cannot be checked: the cell that sets it up fails, and all others need it.",
            expected="a set-up cell as it was handed out, and packages that fit each other",
            found=error_of(cell),
            do="run `course doctor`; if you have changed that cell, copy it from a new copy of the notebook",
        )


def _exercises(notebook: NotebookNode, expected: Sequence[ReleasedCell], stopped: str) -> Iterator[Exercise]:
    cells = {cell.metadata.grade_id: cell for cell in reversed(notebook.cells)}  # of duplicates the first
    titles = dict.fromkeys(cell.exercise for cell in expected)
    for title in titles:
        own = [cell for cell in expected if cell.exercise == title]
        state, detail = _state(own, cells, stopped)
        yield Exercise(title, sum(cell.points for cell in own), state, detail)


def _state(own: Sequence[ReleasedCell], cells: dict[str, NotebookNode], stopped: str) -> tuple[str, str]:
    """How one exercise stands: the worst of its checks decides."""
    answers = [(cell, cells.get(cell.id)) for cell in own if cell.role in ("answer", "written")]
    untouched = all(_is_untouched(wanted, cell) for wanted, cell in answers)
    if all(wanted.role == "written" for wanted, _ in answers):
        return (NOT_ANSWERED if untouched else ANSWERED), "marked by a person"
    if untouched:
        return NOT_TRIED, ""
    broken = next((error_of(cell) for _, cell in answers if cell and error_of(cell)), "")
    states = [_check_state(cells.get(c.id), broken, stopped) for c in own if c.role == "check"]
    order = (DID_NOT_RUN, FAILING, NOT_TRIED, PASSED)
    return min(states, key=lambda state: order.index(state[0]), default=(PASSED, "it has no visible check"))


def _is_untouched(wanted: ReleasedCell, cell: NotebookNode | None) -> bool:
    """Whether a cell is as it was handed out; a written answer that is blank or gone is no answer either."""
    if cell is None or not cell.source.strip():
        return wanted.role == "written"
    return fingerprint(cell.source) == wanted.print


def _check_state(cell: NotebookNode | None, broken: str, stopped: str) -> tuple[str, str]:
    if broken:
        return DID_NOT_RUN, f"the cell of the answer: {broken}"
    if cell is None:
        return DID_NOT_RUN, "its check is missing"
    if cell.get("execution_count") is None:
        return DID_NOT_RUN, stopped or "its check did not run"
    error, said = error_of(cell), printed_by(cell)
    if is_stub(*error.partition(": ")[::2]):
        return NOT_TRIED, ""
    if error == _too_long():
        return DID_NOT_RUN, f"its check {error}"
    if error:
        return FAILING, said if error.startswith("CheckFailed") else error
    if re.search(r"^ +not tried yet:", said, re.M):
        return NOT_TRIED, ""
    counts = re.findall(r"^(\d+) of (\d+) passed$", said, re.M)
    return (FAILING, said) if any(some != all_ for some, all_ in counts) else (PASSED, "")


def _notes(notebook: NotebookNode) -> Iterator[str]:
    for position, cell in enumerate(notebook.cells, 1):
        if not cell.metadata.grade_id and error_of(cell):
            yield f"cell {position}: {error_of(cell)}"


def _too_long() -> str:
    """What an interrupt means where cells run one after the other, and nobody looks on."""
    return f"took longer than {CELL_SECONDS} s"


def error_of(cell: NotebookNode) -> str:
    """The error of a cell that ran, in one line, or that it took too long; empty if there is none."""
    errors = [o for o in cell.get("outputs", ()) if o.get("output_type") == "error"]
    if not errors:
        return ""
    name, message = str(errors[0].get("ename", "")), str(errors[0].get("evalue", "")).strip()
    if name == "KeyboardInterrupt":
        return _too_long()
    line = re.sub(
        r"\(\d+\.py, (line \d+)\)", r"(\1)", message.partition("\n")[0]
    )  # a cell's file has no name
    return f"{name}: {line[:200]}" if message else name


def printed_by(cell: NotebookNode) -> str:
    """What a cell printed."""
    streams = [
        o for o in cell.get("outputs", ()) if o.get("output_type") == "stream" and o.get("name") == "stdout"
    ]
    return "".join(str(stream.get("text", "")) for stream in streams).rstrip()
