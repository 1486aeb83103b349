"""From the outputs of an executed notebook to scores, outcomes and reasons, cell by cell."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from nbformat import NotebookNode
from nbgrader.preprocessors import IgnorePattern
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution
from traitlets.config import Config

from course_utils.grading.execution import Execution
from course_utils.grading.gradebook.results import (
    DID_NOT_RUN,
    FLAGGED,
    GRADED,
    NEEDS_YOU,
    NOT_ANSWERED,
    PARTIAL,
    PASSED,
    UNCLEAR,
    WAITING,
    WRONG,
    CellResult,
)
from course_utils.grading.gradebook.telling import error_in
from course_utils.grading.runner import Failure, error_output

ROUNDING = 1e-6  # of the points: so much above them still counts as all of them
LONGEST_WHY = 300  # characters


def assess(
    execution: Execution, doubts: Mapping[str, str], config: Config, setup: frozenset[str] = frozenset()
) -> list[CellResult]:
    """Judge every graded cell as nbgrader will, and leave to a person what no rule can judge.

    Where a person decides, an error goes before the outputs of the cell, so that nbgrader neither counts
    points nor stops. A number that is no score (nan, inf, negative, above the points by more than
    ``ROUNDING``) is left to a person: our tests never give one, so either a test or the student's
    process is not what it should be. nbgrader itself would give full points or lose the submission.

    Args:
        execution: its notebook's outputs are changed where a person decides.
        doubts: by ``grade_id``, written answers that may stand elsewhere.
        config: nbgrader's; what it does about stderr counts here too.
        setup: names that the released set-up cells define; where most tests fail for want of them, their
            zeros say nothing.
    """
    results = []
    lost = _lost_setup(execution.notebook.cells, setup)
    for index, cell, answers in graded_cells(execution.notebook.cells):
        if cell.cell_type != "code":
            results.append(_assess_written(cell, doubts))
            continue
        result = _assess_code(index, cell, answers, execution, config)
        if result.score == 0 and (name := lost.get(index)):
            result.score, result.outcome = None, UNCLEAR
            result.why = f"the name {name} of the set-up was not there, as in most tests: was a cell deleted?"
        if result.score is None:
            name = "Flagged" if result.outcome == FLAGGED else "NeedsYou"
            cell.outputs = [error_output(name, f"a person must look: {result.why}"), *cell.outputs]
        results.append(result)
    return results


def state_of(cells: list[CellResult]) -> tuple[str, str]:
    """The state of a submission, and why it is not graded."""
    for state, outcomes in ((FLAGGED, {FLAGGED}), (NEEDS_YOU, {UNCLEAR, DID_NOT_RUN})):
        why = [f"{c.cell}: {c.why}" for c in cells if c.outcome in outcomes and c.score is None]
        if why:
            return state, "; ".join(why)
    return GRADED, ""


def stopped_cells(execution: Execution) -> dict[str, str]:
    """By their names the cells that were stopped or killed their kernel, and why, in our own words."""
    return {_name(execution.notebook, index): failure.why for index, failure in execution.failures.items()}


def graded_cells(cells: Sequence[NotebookNode]) -> Iterator[tuple[int, NotebookNode, list[int]]]:
    """Position of each graded cell, the cell, and the positions of the answers that it tests.

    These are the answers between the tests of the exercise before and its own; none for a written one.
    """
    answers: list[int] = []
    behind_tests = False
    for index, cell in enumerate(cells):
        if is_grade(cell) and is_solution(cell):
            yield index, cell, []
        elif is_grade(cell):
            yield index, cell, answers
            behind_tests = True
        elif is_solution(cell):
            answers = [*([] if behind_tests else answers), index]
            behind_tests = False


def _lost_setup(cells: Sequence[NotebookNode], setup: frozenset[str]) -> dict[int, str]:
    """By the position of a test the name of the set-up that it missed; empty unless that are most tests."""
    tests = [(i, cell) for i, cell, _ in graded_cells(cells) if cell.cell_type == "code"]
    missed = {i: name for i, cell in tests if (name := _missing_name(cell)) in setup}
    return missed if 2 * len(missed) > len(tests) else {}


def _missing_name(cell: NotebookNode) -> str:
    """The name that a cell failed for; empty if it did not, or failed otherwise."""
    error = error_in(cell)
    match = re.fullmatch(r"name '(\w+)' is not defined.*", error.evalue) if error else None
    return match[1] if error and match and error.ename == "NameError" else ""


def _assess_written(cell: NotebookNode, doubts: Mapping[str, str]) -> CellResult:
    name, points = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
    if name in doubts:
        return CellResult(name, "written", points, None, UNCLEAR, why=doubts[name])
    score, _ = determine_grade(cell)
    return CellResult(name, "written", points, score, WAITING if score is None else NOT_ANSWERED)


def _assess_code(
    index: int, cell: NotebookNode, answers: list[int], execution: Execution, config: Config
) -> CellResult:
    name, points = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
    if why := execution.flags.get(name):
        return CellResult(name, "graded", points, None, FLAGGED, why=why)
    if failure := execution.failures.get(index):
        score = 0.0 if failure.own else None
        where = _name(execution.notebook, failure.where)
        return CellResult(name, "graded", points, score, DID_NOT_RUN, where, failure.why)
    if why := _no_score(cell, points):
        return CellResult(name, "graded", points, None, UNCLEAR, why=why)
    score, _ = determine_grade(_as_nbgrader_sees_it(cell, config))
    error = error_in(cell)
    if error is None:
        outcome = PASSED if score == points else PARTIAL if score else WRONG
        return CellResult(name, "graded", points, score, outcome)
    return _explain(CellResult(name, "graded", points, score, WRONG), error, answers, execution)


def _explain(result: CellResult, error: NotebookNode, answers: list[int], execution: Execution) -> CellResult:
    """Tell a wrong answer from none, and from one that never came to run."""
    result.why = _sentence(error)
    cells = execution.notebook.cells
    if answers and all(_is_untouched(cells[i]) for i in answers):
        result.outcome = NOT_ANSWERED
    elif error.ename == "NameError" and (cause := _cause(answers, execution)):
        result.outcome = DID_NOT_RUN
        result.where, result.why = _name(execution.notebook, cause[0]), cause[1]
    return result


def _cause(answers: list[int], execution: Execution) -> tuple[int, str] | None:
    """What kept the answer from being defined: its own error, or a kernel's end before."""
    failures: dict[int, Failure] = execution.failures
    for index in answers:
        if index in failures:
            return index, failures[index].why
        for output in execution.notebook.cells[index].outputs:
            if output.output_type == "error":
                return index, _sentence(output)
    return next(((i, f.why) for i, f in sorted(failures.items())), None)


def _as_nbgrader_sees_it(cell: NotebookNode, config: Config) -> NotebookNode:
    """The cell without the outputs that our configuration tells nbgrader to ignore."""
    ignore = IgnorePattern(config=config)
    seen, _ = ignore.preprocess_cell(copy.deepcopy(cell), {}, 0) if ignore.enabled else (cell, {})
    return seen


def _no_score(cell: NotebookNode, points: float) -> str:
    """Why the first result of a cell is no score; a rounding error above the points is taken away."""
    for output in cell.outputs:
        if output.output_type == "error":
            return ""
        if output.output_type != "execute_result":
            continue
        text = output.data.get("text/plain", "")
        if not text:
            return "the tests gave a result without a text"
        try:
            value = float(text)
        except ValueError:
            return ""
        if points < value <= points * (1 + ROUNDING):
            output.data["text/plain"] = repr(points)
        elif not 0 <= value <= points or math.isnan(value):
            return f"the tests gave {value}, which is no score from 0 to {points:g}"
        return ""
    return ""


def _is_untouched(cell: NotebookNode) -> bool:
    """Whether it is as it was handed out; nbgrader keeps the released checksum in the metadata."""
    return cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)


def _name(notebook: NotebookNode, index: int) -> str:
    """How a cell is called: by its ``grade_id``, or as counted from 1."""
    return notebook.cells[index].metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}"


def _sentence(error: NotebookNode) -> str:
    lines = str(error.evalue).strip().split("\n")
    return f"{error.ename}: {lines[0]}".rstrip(": ")[:LONGEST_WHY]
