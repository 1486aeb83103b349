"""A batch of submissions: prepared, sent to workers, written as they complete, continued where it stopped."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from distributed import Client
from filelock import FileLock, Timeout

from course_utils.course.names import released_names
from course_utils.environ import environment, path_with_our_programs
from course_utils.errors import CourseError
from course_utils.grading.assignment import Assignment, How
from course_utils.grading.cluster import open_cluster, require_same_package, run_all
from course_utils.grading.editions import GradingError, read_editions
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.report import Progress, Row
from course_utils.grading.gradebook.results import Result
from course_utils.grading.interrupts import interrupts_are_kept
from course_utils.grading.own_answers import OwnAnswers
from course_utils.grading.sandbox.bubblewrap import require_out_of_sight
from course_utils.grading.sandbox.kernels import SERVER, warm_server
from course_utils.grading.sandbox.limits import Limits
from course_utils.grading.sandbox.sandbox import require_sandbox
from course_utils.grading.submissions.finding import Submission, find_submissions
from course_utils.grading.worker import Outcome, Task, run
from course_utils.signals import interrupts_wait


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

    def of_tasks(self) -> How:
        """What every task is told."""
        return {"limits": self.limits, "unsafe": self.unsafe, "warm": self.warm}


class Stopped(CourseError):
    """The batch was interrupted; what was done is kept."""


def _nothing_to_grade(root: Path, assignments: Sequence[str], students: Sequence[str]) -> GradingError:
    wanted = ", ".join(assignments or released_names(root)) + (f" by {', '.join(students)}" * bool(students))
    return GradingError(
        "there is nothing to grade.",
        expected="submitted/<student>/<assignment>/*.ipynb",
        found=f"nothing of {wanted} in {root / 'submitted'}",
        do="`course collect` the LMS's zip, or copy the notebooks there",
    )


Work = tuple[Assignment, Submission]
Prepared = tuple[Work, Task | Result]  # a result needs no run


def limits(cell_seconds: int | None = None, notebook_seconds: int | None = None) -> Limits:
    """The default limits, with these times where they are given."""
    given = {"cell_seconds": cell_seconds, "notebook_seconds": notebook_seconds}
    return replace(Limits(), **{name: value for name, value in given.items() if value})


def submitted_assignments(root: Path) -> list[str]:
    """The assignments to which something was submitted, in order."""
    return [name for name in released_names(root) if any(find_submissions(root, name))]


def grade(
    root: Path, assignments: Sequence[str], settings: Settings, students: Sequence[str] = (), say=print
) -> dict[str, list[Row]]:
    """Grade what was submitted into nbgrader's gradebook, and tell what became of each submission.

    Our own answers come first, in the same way as a student's: if they do not get full marks, no submission
    is touched.

    Args:
        root: the course folder.
        students: only these, or all.
        say: takes each line of progress.

    Returns:
        By assignment a row for each submission, in the order of the students' names.

    Raises:
        GradingError: if another grader is at work, there is nothing to grade, or our own answers fail.
        GradebookError: if `course build` has not entered an assignment into the gradebook.
        Stopped: after an interrupt.
        EnvironmentProblem: if submissions cannot be sandboxed here.
    """
    if not settings.unsafe:
        require_out_of_sight(root)
    with _alone(root), environment(PATH=path_with_our_programs()):  # nbgrader calls `alembic`
        shutil.rmtree(root / results.FOLDER / "staging", ignore_errors=True)  # left by a killed grader
        how, fresh = settings.of_tasks(), settings.fresh
        editions = [read_editions(root, name, settings.limits) for name in assignments]
        batch = [Assignment(root, edition, how, students, fresh) for edition in editions]
        if not any(one.submissions for one in batch):
            raise _nothing_to_grade(root, assignments, students)
        todo = [(one, s) for one in batch for s in one.unfinished()]
        progress = Progress(len(todo), say)
        try:
            _work(todo, settings, progress)
        except KeyboardInterrupt:
            go_on = "repeat the command to go on"
            raise Stopped(
                f"stopped: {progress.done} of {len(todo)} are done and kept.",
                do=f"{go_on}; with --fresh it begins anew" if fresh else go_on,
            ) from None
        finally:
            progress.end()
        return {one.name: one.rows() for one in batch}


def _work(todo: Sequence[Work], settings: Settings, progress: Progress) -> None:
    """Write what needs no run, run the rest, and write that as it completes."""
    coming = _prepared(todo)
    ahead: deque[Prepared] = deque()
    for work, ready in coming:
        ahead.append((work, ready))
        if isinstance(ready, Task):
            break
    else:
        for work, ready in ahead:
            assert isinstance(ready, Result)  # no task is among them
            _settle(work, ready, progress)
        return
    workers = min(settings.workers or os.cpu_count() or 1, len(todo))
    with (
        ThreadPoolExecutor(1) as aside,
        open_cluster(workers, settings.scheduler, _kernels_for(settings)) as client,
        interrupts_are_kept() as stop_if_interrupted,
    ):
        require_same_package(client, here=not settings.scheduler)
        tasks = _guarded(chain(ahead, coming), client, aside, progress)
        for (assignment, submission), outcome in run_all(client, run, tasks, progress.running):
            with interrupts_wait():
                progress.one_more(assignment.finish(submission, outcome))
            stop_if_interrupted()


def _kernels_for(settings: Settings) -> dict[str, str]:
    """Variables that tell workers on this machine where warm kernels are; it must have sandboxes for them."""
    if settings.unsafe or settings.scheduler:
        return {}
    require_sandbox()
    return {SERVER: warm_server().address} if settings.warm else {}


def _prepared(todo: Sequence[Work]) -> Iterator[Prepared]:
    for assignment, submission in todo:
        with interrupts_wait():
            ready = assignment.prepare(submission)
        yield (assignment, submission), ready


def _guarded(
    coming: Iterator[Prepared], client: Client, aside: ThreadPoolExecutor, progress: Progress
) -> Iterator[tuple[Work, Task]]:
    """What has to run, with its guard; while our own answers run others are prepared, and none is touched."""

    def run_there(task: Task) -> Outcome:
        ((_, outcome),) = run_all(client, run, [(None, task)], lambda running: None)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    ours: dict[Assignment, OwnAnswers] = {}
    ahead: deque[Prepared] = deque()

    def next_ones(wait: bool) -> Iterator[tuple[Work, Task]]:
        while ahead and (wait or ours[ahead[0][0][0]].ran()):
            work, ready = ahead.popleft()
            guard = ours[work[0]].guard()
            if isinstance(ready, Task):
                yield work, replace(ready, guard=guard)
            else:
                _settle(work, ready, progress)

    for (assignment, submission), ready in coming:
        if assignment not in ours:
            ours[assignment] = OwnAnswers(assignment, run_there, aside)
        ahead.append(((assignment, submission), ready))
        yield from next_ones(wait=False)
    yield from next_ones(wait=True)


def _settle(work: Work, ready: Result, progress: Progress) -> None:
    """Write a result that needed no run."""
    assignment, submission = work
    with interrupts_wait():
        progress.one_more(assignment.settle(submission, ready))


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
    try:
        yield
    finally:
        lock.release()
