"""Runs one notebook and judges what its graded cells did; its outputs end as plain data."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from traitlets.config import Config

from course_utils.grading.guard.guard import Guard, is_guarded
from course_utils.grading.inert import inert_outputs, whole_number
from course_utils.grading.runner import Failure, Runner
from course_utils.grading.sandbox.limits import Limits
from course_utils.tables import one_line


@dataclass
class Execution:
    """An executed notebook.

    Attributes:
        notebook: with plain data alone in its outputs, see :mod:`course_utils.grading.inert`.
        failures: by a cell's position.
        flags: by a cell's ``grade_id``.
        notes: what its outputs held that is not shown.
    """

    notebook: NotebookNode
    failures: dict[int, Failure] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def execute(
    notebook: NotebookNode,
    new_kernel: Callable[[], KernelManager],
    limits: Limits,
    config: Config | None = None,
    guard: Guard | None = None,
    folder: str = "",
) -> Execution:
    """Run all cells; whatever the student's code does ends in the outputs, failures and flags.

    Args:
        notebook: as nbgrader's sanitising preprocessors leave it; it is not changed.
        new_kernel: makes a kernel manager that has not been started.
        config: nbgrader's.
        guard: of this submission; None trusts the notebook, whose outputs then stay as they are.
        folder: where the notebook lies, with what was handed in beside it.

    Raises:
        RuntimeError: if no kernel can be started.
    """
    ran, done = copy.deepcopy(notebook), copy.deepcopy(notebook)
    guarded = {i: guard.source(cell) for i, cell in enumerate(ran.cells) if guard and is_guarded(cell)}
    for index, source in guarded.items():
        ran.cells[index].source = source
    runner = Runner(new_kernel, limits, guard, list(guarded), config=config or Config())
    began = time.monotonic()
    runner.preprocess(ran, {"metadata": {"path": folder}})
    flags = {}
    for index in guarded:
        ran.cells[index].source = notebook.cells[index].source
        if guard and (why := guard.judge(ran.cells[index], runner.answers.get(index))):
            flags[ran.cells[index].metadata.nbgrader.grade_id] = why
    left_out = set()
    for cell, copied in zip(ran.cells, done.cells):
        if cell.cell_type == "code":
            copied.outputs, missed = inert_outputs(cell.outputs) if guard else (cell.outputs, set())
            copied.execution_count = whole_number(cell.execution_count)
            left_out |= missed
    notes = (
        [one_line(f"not shown among outputs: {', '.join(sorted(map(str, left_out)))}")] if left_out else []
    )
    return Execution(done, runner.failures, flags, time.monotonic() - began, notes)
