"""Repairs what editors and copying do to a submitted notebook, by alignment with the released one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_locked, is_solution

from course_utils.course.notebookfile import NotebookError
from course_utils.grading.submissions.pieces import (
    Piece,
    adds_little,
    is_written,
    name_of,
    name_pieces,
    pieces_of,
)
from course_utils.grading.submissions.setup import put_setup_back
from course_utils.tables import one_line

ENOUGH = 0.5  # of the exercises' cells must be found, or it is another notebook


@dataclass
class Repaired:
    """A notebook with every cell that nbgrader needs, each once and with the released metadata.

    Attributes:
        notes: what was repaired, one sentence each.
        doubts: by ``grade_id``, why a person must look for the answer to a written question.
    """

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)


def fit(submitted: NotebookNode, release: NotebookNode) -> float:
    """Which part of the exercises' cells a notebook has, 0 to 1."""
    pieces = pieces_of(submitted)
    name_pieces(pieces, release)
    wanted = [cell for cell in release.cells if name_of(cell)]
    return len({p.name for p in pieces} - {""}) / max(1, len(wanted))


def repair(
    submitted: NotebookNode, release: NotebookNode, instructor: NotebookNode | None = None
) -> Repaired:
    """Make a submission what nbgrader expects, or refuse.

    Rules: a cell is known by its ``grade_id``, else by its id, else by its text. Of several copies of a
    test, the one with the released id counts, else the last one; of an answer the last one that was
    changed (all of them run); of a written answer the first that was changed, and a person sees all.
    Copies become ordinary cells. Locked cells get the released text; what a student wrote there stays
    above it as an ordinary cell. Missing tests are put back behind their answer, and set-up cells where
    nothing else defines what exercises use. Tests above their answer are moved below. Tags and the kernel
    are the released ones.

    Args:
        submitted: from :func:`course_utils.course.notebookfile.read_notebook`.
        release: the student edition.
        instructor: the instructor edition, if its own text in a locked cell is to count as unchanged.

    Raises:
        NotebookError: if it is another notebook.
    """
    pieces, notes = _cut_out_tests(pieces_of(submitted), release, instructor)
    notes += name_pieces(pieces, release)
    found = {piece.name for piece in pieces} - {""}
    wanted = [cell for cell in release.cells if name_of(cell)]
    if len(found) < ENOUGH * len(wanted):
        raise NotebookError(f"not this notebook: of {len(wanted)} cells of its exercises it has {len(found)}")
    doubts = _doubts(pieces, release, found)
    notes += _restore_locked(pieces, release, instructor)
    notes += _put_back(pieces, release)
    notes += put_setup_back(pieces, release)
    notes += _tests_below_answers(pieces, release)
    if any("lost" in cell for cell in submitted.cells):
        notes.append("attachments that are too large, or no pictures, were left out")
    return Repaired(_notebook(pieces, release), [one_line(note) for note in notes], doubts)


def exercises(release: NotebookNode) -> Iterator[tuple[list[str], list[str]]]:
    """The names of answers and of the checks and tests behind them, exercise by exercise."""
    answers: list[str] = []
    tests: list[str] = []
    for cell in release.cells:
        if not name_of(cell) or cell.cell_type != "code":
            continue
        if is_solution(cell) and tests:
            yield answers, tests
            answers, tests = [], []
        (answers if is_solution(cell) else tests).append(name_of(cell))
    yield answers, tests


def _cut_out_tests(
    pieces: list[Piece], release: NotebookNode, instructor: NotebookNode | None
) -> tuple[list[Piece], list[str]]:
    """Cells that were merged with locked ones, as several cells again."""
    ours = {cell.source for cell in (instructor or release).cells}
    locked = [cell for cell in release.cells if is_locked(cell) and cell.source.strip()]
    whole: list[Piece] = []
    notes: list[str] = []
    left = list(reversed(pieces))
    while left:
        piece = left.pop()
        cell = None if piece.kind != "code" or piece.source in ours else _locked_cell_in(piece, locked)
        if cell is None:
            whole.append(piece)
            continue
        left += reversed(_split(piece, cell))
        name = name_of(cell)
        notes.append(f"the locked cell {name} was merged with other text and is a cell of its own again")
    return whole, notes


def _locked_cell_in(piece: Piece, locked: Sequence[NotebookNode]) -> NotebookNode | None:
    """The first locked cell that is a part of a piece, and not all of it."""
    if any(map(piece.is_like, locked)):
        return None
    lines = _lines(piece.source)
    return next((cell for cell in locked if _place(_lines(cell.source), lines) is not None), None)


def _split(piece: Piece, cell: NotebookNode) -> list[Piece]:
    """What stands before a locked cell, the cell, and what stands behind."""
    name, lines, wanted = name_of(cell), _lines(piece.source), _lines(cell.source)
    start = _place(wanted, lines)
    assert start is not None  # see _locked_cell_in
    end = start + len(wanted)
    before, found, after = ("\n".join(part).strip("\n") for part in (lines[:start], wanted, lines[end:]))
    kept = "" if piece.grade_id == name else piece.grade_id
    parts = [
        replace(piece, source=before, grade_id=kept, id="" if not kept else piece.id),
        replace(piece, source=found, grade_id=name, id=cell.id),
        replace(piece, source=after, grade_id="" if before else kept, id=""),
    ]
    return [part for part in parts if part.source]


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").split("\n")]


def _place(wanted: Sequence[str], lines: Sequence[str]) -> int | None:
    """Where whole lines begin in others."""
    starts = (i for i, line in enumerate(lines) if line == wanted[0])
    return next((i for i in starts if lines[i : i + len(wanted)] == wanted), None)


def _doubts(pieces: Sequence[Piece], release: NotebookNode, found: set[str]) -> dict[str, str]:
    """Written answers that are missing, or as released, while the student wrote text elsewhere, or beside."""
    own = [p for p in pieces if not p.name and p.kind != "code" and p.source.strip()]
    own = [p for p in own if not any(map(p.is_like, release.cells))]
    texts = [cell for cell in release.cells if cell.cell_type == "markdown"]
    own = [p for p in own if not any(adds_little(p, cell) for cell in texts)]
    written = {name_of(cell): cell for cell in release.cells if is_written(cell)}
    lost = "its cell is missing, and other text cells of the student may hold the answer"
    doubts = {name: lost for name in written if own and name not in found}
    for place, piece in enumerate(pieces):
        beside = [*pieces[max(place - 1, 0) : place], *pieces[place + 1 : place + 2]]
        if piece.name in written and piece.is_like(written[piece.name]) and any(p in own for p in beside):
            doubts[piece.name] = (
                "it is as released, and a text cell of the student beside it may hold the answer"
            )
    return doubts


def _restore_locked(pieces: list[Piece], release: NotebookNode, instructor: NotebookNode | None) -> list[str]:
    """Give locked cells the released text; what a student wrote there becomes a cell above."""
    ours = {name_of(c): [c] for c in release.cells if is_locked(c)}
    for cell in instructor.cells if instructor else ():
        if is_locked(cell) and name_of(cell) in ours:
            ours[name_of(cell)].append(cell)
    notes = []
    for piece in list(pieces):
        if piece.name not in ours:
            continue
        texts, place = ours[piece.name], pieces.index(piece)
        pieces[place] = replace(piece, source=texts[0].source)
        if piece.kind == "code" and piece.source.strip() and not any(map(piece.is_like, texts)):
            pieces.insert(place, Piece("code", piece.source))
            if not any(piece.does_what(text) for text in texts):
                notes.append(f"the locked cell {piece.name} was changed; the released text counts")
    return notes


def _put_back(pieces: list[Piece], release: NotebookNode) -> list[str]:
    """Insert locked cells and written answers that are missing; a missing answer may be elsewhere."""
    before: list[str] = []
    notes = []
    for cell in release.cells:
        name = name_of(cell)
        if not name:
            continue
        there = any(p.name == name for p in pieces)
        if not there and (is_locked(cell) or is_written(cell)):
            _insert_behind(pieces, before, Piece(cell.cell_type, cell.source, name=name), release)
            notes.append(f"the cell {name} was missing and was put back")
        elif not there:
            notes.append(f"the cell {name} is missing")
        before.append(name)
    return notes


def _insert_behind(pieces: list[Piece], names: list[str], new: Piece, release: NotebookNode) -> None:
    """Behind the last of ``names`` that is there, and behind the student's own code that follows it."""
    present = {p.name: i for i, p in enumerate(pieces) if p.name}
    place = next((present[n] + 1 for n in reversed(names) if n in present), 0)
    while place < len(pieces) and pieces[place].kind == "code" and not pieces[place].name:
        if any(map(pieces[place].is_like, release.cells)):
            break
        place += 1
    pieces.insert(place, new)


def _tests_below_answers(pieces: list[Piece], release: NotebookNode) -> list[str]:
    """Move checks and tests that stand above an answer of their exercise below it."""
    notes = []
    for answers, tests in exercises(release):
        ends = [i for i, p in enumerate(pieces) if p.name in answers and p.name]
        if not ends:
            continue
        last = pieces[max(ends)]
        early = [p for p in pieces[: max(ends)] if p.name in tests]
        for piece in early:
            pieces.remove(piece)
        place = pieces.index(last) + 1
        pieces[place:place] = sorted(early, key=lambda p: tests.index(p.name))
        if early:
            names = ", ".join(p.name for p in early)
            notes.append(f"cells above the answer that they test were moved below it: {names}")
    return notes


def _notebook(pieces: Sequence[Piece], release: NotebookNode) -> NotebookNode:
    named = {name_of(cell): cell for cell in release.cells}
    plain = [cell for cell in release.cells if not name_of(cell)]
    cells = [
        _cell(piece, position, named[piece.name] if piece.name else _same_text(piece, plain))
        for position, piece in enumerate(pieces)
    ]
    metadata = deepcopy(release.metadata)
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def _same_text(piece: Piece, plain: Sequence[NotebookNode]) -> NotebookNode | None:
    return next((cell for cell in plain if cell.cell_type == piece.kind and piece.is_like(cell)), None)


def _cell(piece: Piece, position: int, like: NotebookNode | None) -> dict:
    """With the metadata of the released cell that it is, or of an ordinary one with the same text."""
    kind = like.cell_type if like else piece.kind
    cell = {
        "cell_type": kind,
        "id": like.id if like and piece.name else f"own-{position:03}",
        "metadata": deepcopy(like.metadata) if like else {},
        "source": piece.source,
    }
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    if kind == "markdown" and piece.attachments:
        cell["attachments"] = piece.attachments
    return cell
