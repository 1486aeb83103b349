"""Where graded cells are looked at from outside: what runs in their place and behind them, and its judgement."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Protocol

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_grade

PROBE = "course_probe"


class Inspector(Protocol):
    """Looks at graded code cells while a submission runs. A new one is made for each submission."""

    def source(self, cell: NotebookNode) -> str:
        """What runs in the place of a graded cell; ``cell.source`` where nothing is to change."""

    def probes(self, cell: NotebookNode) -> list[str]:
        """Sources of cells that run behind a graded cell."""

    def judge(self, cell: NotebookNode, probes: list[list[NotebookNode]]) -> str:
        """Why a graded cell is flagged, or empty.

        Args:
            cell: as it ran; its ``outputs`` may be changed: they decide the score.
            probes: the outputs of each of its probes.
        """


def weave(notebook: NotebookNode, inspectors: Sequence[Inspector]) -> NotebookNode:
    """A copy of the notebook with what the inspectors want to run."""
    woven = copy.deepcopy(notebook)
    woven.cells = []
    for own in notebook.cells:
        cell = copy.deepcopy(own)
        woven.cells.append(cell)
        if not _is_graded_code(cell):
            continue
        for number, inspector in enumerate(inspectors):
            cell.source = inspector.source(cell)
            for source in inspector.probes(own):
                name = [own.metadata.nbgrader.grade_id, number]
                woven.cells.append(nbformat.v4.new_code_cell(source, metadata={PROBE: name}))
    return woven


def judge(woven: NotebookNode, inspectors: Sequence[Inspector]) -> dict[str, str]:
    """Why cells are flagged, by their ``grade_id``; the first inspector that objects decides."""
    probes: dict[tuple[str, int], list] = {}
    for cell in woven.cells:
        if PROBE in cell.metadata:
            probes.setdefault(tuple(cell.metadata[PROBE]), []).append(cell.outputs)
    flags: dict[str, str] = {}
    for cell in filter(_is_graded_code, woven.cells):
        name = cell.metadata.nbgrader.grade_id
        for number, inspector in enumerate(inspectors):
            if why := inspector.judge(cell, probes.get((name, number), [])):
                flags.setdefault(name, why)
    return flags


def unweave(
    notebook: NotebookNode, woven: NotebookNode, by_position: dict[int, Any]
) -> tuple[NotebookNode, dict[int, Any]]:
    """The notebook with the outputs of the woven one, and what was known by position there.

    Positions that an entry of ``by_position`` itself names (``where``) are moved too.
    """
    done = copy.deepcopy(notebook)
    place, moved = 0, {}
    positions = {}
    for index, ran in enumerate(woven.cells):
        if PROBE in ran.metadata:
            positions[index] = place - 1
            continue
        positions[index] = place
        if ran.cell_type == "code":
            done.cells[place].outputs = ran.outputs
            done.cells[place].execution_count = ran.execution_count
        if index in by_position:
            moved[place] = by_position[index]
        place += 1
    return done, {at: _at(entry, positions) for at, entry in moved.items()}


def _at(entry: Any, positions: dict[int, int]) -> Any:
    from dataclasses import replace

    return replace(entry, where=positions[entry.where])


def _is_graded_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and is_grade(cell)
