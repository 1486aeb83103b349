"""A batch of submissions: prepared, sent to workers, written as they complete, continued where it stopped."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout

from course_utils.authoring.configuration import CONFIG, course_version, load_config
from course_utils.course.names import complete_name
from course_utils.course.notebookfile import LARGEST_FILE, NotebookError
from course_utils.errors import CourseError
from course_utils.grading.cluster import open_cluster, run_all
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.outcomes import state_of
from course_utils.grading.gradebook.report import Progress, Row, row_of
from course_utils.grading.gradebook.results import NEEDS_YOU, Result
from course_utils.grading.gradebook.writer import Writer
from course_utils.grading.guard.comparing import Messages
from course_utils.grading.guard.guard import Guard
from course_utils.grading.guard.references import find_references
from course_utils.grading.sandbox.kernels import SERVER, warm_server
from course_utils.grading.sandbox.limits import Limits
from course_utils.grading.sandbox.sandbox import require_sandbox
from course_utils.grading.submissions.finding import Submission, find_submissions, read_submission
from course_utils.grading.worker import Outcome, Task, run

PACKAGE = Path(__file__).parents[1]
DECIDES = ("*.py", "*.toml", "released.json")  # files of the package on which a score may depend


class GradingError(CourseError):
    """A batch that cannot be graded as things are."""


@dataclass(frozen=True)
class Settings:
    """How to grade.

    Attributes:
        workers: processes on this machine; 0 for one for each core.
        scheduler: a Dask scheduler's address, in the place of processes here.
        unsafe: without a sandbox.
        fresh: run everything again, also what has not changed.
        warm: fork kernels from a process that has imported everything.
    """

    limits: Limits = Limits()
    workers: int = 0
    scheduler: str = ""
    unsafe: bool = False
    fresh: bool = False
    warm: bool = True


class Stopped(CourseError):
    """The batch was interrupted; what was done is kept."""


def limits(cell_seconds: int | None = None, notebook_seconds: int | None = None) -> Limits:
    """The default limits, with these times where they are given."""
    given = {"cell_seconds": cell_seconds, "notebook_seconds": notebook_seconds}
    return replace(Limits(), **{name: value for name, value in given.items() if value})


def choose_assignments(root: Path, beginning: str | None) -> list[str]:
    """The assignment that is called so, or begins so; by default all that something was submitted to.

    Raises:
        LookupError: from :func:`course_utils.course.names.complete_name`.
    """
    names = sorted(path.parent.name for path in (root / "notebooks").glob("*/*.ipynb"))
    if beginning is None:
        return [name for name in names if any(find_submissions(root, name))]
    return [complete_name(beginning, names)]


def grade(
    root: Path, assignments: Sequence[str], settings: Settings, students: Sequence[str] = (), say=print
) -> dict[str, list[Row]]:
    """Grade what was submitted into nbgrader's gradebook, and tell what became of each submission.

    Args:
        root: the course folder.
        students: only these, or all.
        say: takes each line of progress.

    Returns:
        By assignment a row for each submission, in the order of the students' names.

    Raises:
        GradingError: if another grader is at work, or there is nothing to grade.
        Stopped: after an interrupt.
        EnvironmentProblem: if submissions cannot be sandboxed here.
    """
    with _alone(root):
        shutil.rmtree(root / results.FOLDER / "staging", ignore_errors=True)  # left by a killed grader
        batch = [_Assignment(root, name, settings, students) for name in assignments]
        todo = [(one, s) for one in batch for s in one.unfinished()]
        if not any(one.submissions for one in batch):
            raise GradingError(
                "there is nothing to grade.", expected="submitted/<student>/<assignment>/*.ipynb"
            )
        progress = Progress(len(todo), say)
        try:
            _work(todo, settings, progress)
        except KeyboardInterrupt:
            raise Stopped(
                f"stopped: {progress.done} of {len(todo)} are done and kept.",
                do="repeat the command to go on",
            ) from None
        finally:
            progress.end()
        return {one.name: one.rows() for one in batch}


def _work(todo: Sequence[tuple[_Assignment, Submission]], settings: Settings, progress: Progress) -> None:
    """Write what has been run before, run the rest, and write that as it completes."""

    def tasks() -> Iterator[tuple[tuple, Task]]:
        for assignment, submission in todo:
            with _interrupts_wait():
                ready = assignment.prepare(submission)
            if isinstance(ready, Task):
                yield (assignment, submission), ready
            else:
                progress.one_more(ready)

    coming = tasks()
    first = next(coming, None)
    if first is None:
        return
    variables = {}
    if not (settings.unsafe or settings.scheduler):
        require_sandbox()
        if settings.warm:
            variables = {SERVER: warm_server().address}
    workers = min(settings.workers or os.cpu_count() or 1, len(todo))
    with open_cluster(workers, settings.scheduler, variables) as client, ThreadPoolExecutor(1) as aside:
        sent = _guarded(chain([first], coming), aside)
        for (assignment, submission), outcome in run_all(client, run, sent, progress.running):
            with _interrupts_wait():
                progress.one_more(assignment.finish(submission, outcome))


def _guarded(tasks: Iterator[tuple[tuple, Task]], aside: ThreadPoolExecutor) -> Iterator[tuple[tuple, Task]]:
    """With their guards; as long as our own answers run for the first one, others are prepared."""
    ahead: deque[tuple[_Assignment, Submission, Task]] = deque()
    for (assignment, submission), task in tasks:
        assignment.run_our_answers(aside)
        ahead.append((assignment, submission, task))
        while ahead and ahead[0][0].our_answers_ran():
            yield _with_guard(*ahead.popleft())
    while ahead:
        yield _with_guard(*ahead.popleft())


def _with_guard(assignment: _Assignment, submission: Submission, task: Task) -> tuple[tuple, Task]:
    return (assignment, submission), replace(task, guard=assignment.guard())


class _Assignment:
    """The submissions to one assignment, and what decides their scores."""

    def __init__(self, root: Path, name: str, settings: Settings, students: Sequence[str]):
        self.root, self.name, self.settings = root, name, settings
        self.config = load_config(root)
        self.writer = Writer(root, name, self.config)
        self.release = self._edition("notebooks")
        self.instructor = self._edition("solutions")
        self.submissions = list(find_submissions(root, name, students))
        self.marks = self.writer.marks()
        self.tests = self._fingerprint_of_tests()
        self.finished: dict[str, Result] = {}
        self.keys: dict[str, str] = {}
        self.notes: dict[str, list[str]] = {}
        self._references: Future[dict[str, Messages]] | None = None

    def run_our_answers(self, aside: ThreadPoolExecutor) -> None:
        """Begin to find out what hidden tests expect, if that has not begun."""
        self._references = self._references or aside.submit(self._find_references)

    def our_answers_ran(self) -> bool:
        """Whether :meth:`guard` need not wait."""
        return self._references.done()

    def guard(self) -> Guard:
        """A new one for one submission.

        Raises:
            CourseError: if our own answers do not pass our own tests.
        """
        return Guard(self._references.result())

    def _find_references(self) -> dict[str, Messages]:
        """What hidden tests expect; the instructor edition is run for it once."""

        def run_it(edition: nbformat.NotebookNode) -> nbformat.NotebookNode:
            task = Task(
                nbformat.writes(edition),
                {},
                {},
                dict(self.config),
                self.settings.limits,
                unsafe=self.settings.unsafe,
                warm=self.settings.warm,
            )
            return nbformat.from_dict(run(task).notebook)

        file = self.root / results.FOLDER / self.name / "references.json"
        return find_references(file, self.tests, self.instructor, run_it)

    def unfinished(self) -> list[Submission]:
        """The submissions that have to be run or written."""
        return [s for s in self.submissions if not self._is_finished(s)]

    def prepare(self, submission: Submission) -> Task | Result:
        """The task of a submission, or its result where nothing needs to run."""
        last = results.read(self.root, self.name, submission.student)
        if last and last.key == self._key(submission) and not self.settings.fresh:
            return self._write(last, submission)
        try:
            repaired = read_submission(submission, self.release, self.instructor)
            notebook = self.writer.sanitise(repaired.notebook)
        except NotebookError as problem:
            return self._keep(self._result(submission, NEEDS_YOU, problem.what, self._key(submission)))
        except Exception as problem:  # one submission must not stop the others
            return self._keep(self._result(submission, NEEDS_YOU, _sentence(problem)))
        self.notes[submission.student] = repaired.notes
        return Task(
            notebook=nbformat.writes(notebook),
            files=submission.beside(),
            doubts=repaired.doubts,
            config=dict(self.config),
            limits=self.settings.limits,
            unsafe=self.settings.unsafe,
            warm=self.settings.warm,
        )

    def finish(self, submission: Submission, outcome: Outcome | Exception) -> Result:
        """Keep and write what a worker gave."""
        if isinstance(outcome, Exception):
            why = f"its worker failed twice: {_sentence(outcome)}"
            return self._keep(self._result(submission, NEEDS_YOU, why))
        state, why = state_of(outcome.cells)
        result = replace(
            self._result(submission, state, why, self._key(submission)),
            seconds=outcome.seconds,
            cells=outcome.cells,
            notebook=outcome.notebook,
        )
        result.before = self.writer.snapshot(result, results.read(self.root, self.name, submission.student))
        results.write(self.root, result)  # from here on an interrupt costs nothing
        return self._write(result, submission)

    def rows(self) -> list[Row]:
        """What the gradebook says now about each submission."""
        marks, penalties = self.writer.marks(), self.writer.penalties()
        rows = []
        for submission in self.submissions:
            student = submission.student
            result = self.finished.get(student) or results.read(self.root, self.name, student)
            rows.append(row_of(result, marks.get(student, {}), penalties.get(student, 0.0)))
        return rows

    def _is_finished(self, submission: Submission) -> bool:
        """Whether it was run and written as it is, and the gradebook still says so."""
        last = results.read(self.root, self.name, submission.student)
        if last is None or self.settings.fresh or last.key != self._key(submission):
            return False
        if last.notebook is None:
            return True
        marks = self.marks.get(submission.student, {})
        agree = all(cell.cell in marks and marks[cell.cell].auto == cell.score for cell in last.cells)
        return last.written and agree and self.writer.autograded(submission.student).exists()

    def _write(self, result: Result, submission: Submission) -> Result:
        if result.notebook is None:
            return self._keep(result)
        try:
            self.writer.write(result, submission.timestamp())
        except Exception as problem:  # one submission must not stop the others
            return self._keep(replace(result, state=NEEDS_YOU, why=_sentence(problem), key=""))
        return self._keep(replace(result, written=True, before=None))

    def _keep(self, result: Result) -> Result:
        results.write(self.root, result)
        self.finished[result.student] = result
        return result

    def _result(self, submission: Submission, state: str, why: str, key: str = "") -> Result:
        notes = self.notes.pop(submission.student, [])
        return Result(submission.student, self.name, state, why, notes=notes, key=key)

    def _key(self, submission: Submission) -> str:
        if submission.student not in self.keys:
            files = [p for p in submission.files if p.exists()]
            parts = [f"{p.relative_to(submission.folder)} {p.stat().st_size}" for p in files]
            contents = [_beginning(p) for p in files]
            self.keys[submission.student] = results.fingerprint(self.tests, *parts, *contents)
        return self.keys[submission.student]

    def _edition(self, edition: str) -> nbformat.NotebookNode:
        path = self.root / edition / self.name / f"{self.name}.ipynb"
        if not path.exists():
            raise GradingError(
                f"there is no {path.relative_to(self.root)}.", do="run `course build`, or correct the name"
            )
        return nbformat.read(path, as_version=4)

    def _fingerprint_of_tests(self) -> str:
        """Tests, configuration, package and limits: whatever decides a score beside the submission."""
        editions = [self.root / e / self.name / f"{self.name}.ipynb" for e in ("notebooks", "solutions")]
        package = [path for pattern in DECIDES for path in PACKAGE.rglob(pattern)]
        return results.fingerprint(
            course_version(self.root),
            results.of_files([*editions, self.root / CONFIG], self.root),
            results.of_files(package, PACKAGE),
            repr(self.settings.limits),
        )


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two graders on one gradebook would write over each other; the lock goes with its process."""
    lock = FileLock(root / results.FOLDER / "lock")
    (root / results.FOLDER).mkdir(exist_ok=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise GradingError(
            "another `course grade` is at work in this course folder.", do="wait until it has ended"
        ) from None
    with lock:
        yield


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C takes effect at the end; nbgrader would take it for a fault of the submission."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def _beginning(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST_FILE)


def _sentence(problem: Exception) -> str:
    text = f"{problem.what} {problem.found}" if isinstance(problem, CourseError) else str(problem)
    return f"{type(problem).__name__}: {text.strip().splitlines()[0] if text.strip() else 'no message'}"
