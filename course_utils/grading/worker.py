"""What a worker does, wherever it is: run one submission in a sandbox and judge its cells."""

from __future__ import annotations

import signal
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from traitlets.config import Config

from course_utils.errors import CourseError
from course_utils.grading.editions import PACKAGE, package_key
from course_utils.grading.execution import execute
from course_utils.grading.gradebook.outcomes import assess, stopped_cells
from course_utils.grading.gradebook.results import CellResult
from course_utils.grading.guard.guard import Guard
from course_utils.grading.sandbox.kernels import open_kernels
from course_utils.grading.sandbox.limits import Limits

GRACE = 30  # seconds that a sandbox outlives the notebook's time, so that it is not what ends it


@dataclass(frozen=True)
class Task:
    """All that a worker needs to know; it sees neither gradebook nor course folder.

    Attributes:
        notebook: sanitised by nbgrader, as the text of a file.
        files: what was handed in beside it, by path.
        doubts: by ``grade_id``, written answers that a person must look for.
        setup: the names that the released set-up cells define.
        config: nbgrader's configuration as a dict.
        guard: made for this submission.
        package: the key of the grader's course_utils; a worker that has another gives no scores.
    """

    notebook: str
    config: dict
    limits: Limits
    package: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)
    setup: frozenset[str] = frozenset()
    unsafe: bool = False
    warm: bool = True
    guard: Guard | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    Attributes:
        notebook: executed, as a dict.
        cells: its graded ones.
        seconds: that it took.
        stopped: by name the cells that did not run to their end, and why.
        notes: what its outputs held that is not shown, one sentence each.
    """

    notebook: dict
    cells: list[CellResult]
    seconds: float
    notes: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Package:
    """Which course_utils a process has imported: where it lies, and a key for what it does to scores."""

    folder: str
    key: str


def package() -> Package:
    """The one of this process."""
    return Package(str(PACKAGE), package_key())


def run(task: Task) -> Outcome:
    """Run one submission.

    Raises:
        EnvironmentProblem: if no sandbox can be had here.
        RuntimeError: if no kernel starts.
        CourseError: if this process would grade with another version of the course.
    """
    if task.package != package_key():
        raise CourseError(
            f"a worker on {socket.gethostname()} has another course_utils than the grader.",
            expected=task.package[:8],
            found=f"{package_key()[:8]}, in {PACKAGE}",
            do="install the same version of the course there, and start the worker again",
        )
    config = Config(task.config)
    sandbox = replace(task.limits, notebook_seconds=task.limits.notebook_seconds + GRACE)
    kernels = open_kernels(sandbox, unsafe=task.unsafe, warm=task.warm)
    with tempfile.TemporaryDirectory(prefix="course-grade-") as folder:
        for name, content in task.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        notebook = nbformat.reads(task.notebook, as_version=4)
        execution = execute(notebook, kernels, task.limits, config, task.guard, folder)
    cells = assess(execution, task.doubts, config, task.setup)
    seconds = round(execution.seconds, 2)
    return Outcome(dict(execution.notebook), cells, seconds, execution.notes, stopped_cells(execution))


def dask_setup(worker: object) -> None:
    """Called by Dask in each process here: Ctrl-C is for the grader, which then ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
