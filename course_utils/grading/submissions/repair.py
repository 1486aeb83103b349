"""Repairs what editors and copying do to a submitted notebook, by alignment with the released one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked, is_solution

from course_utils.course.notebookfile import NotebookError

ENOUGH = 0.5  # of the exercises' cells must be found, or it is another notebook
SIMILAR = 0.7  # by difflib's ratio: an answer that defines nothing grew out of the released cell
_DEFINES = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)|^(\w+)\s*(?::[^=]+)?=(?!=)", re.MULTILINE)


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


@dataclass
class _Piece:
    """A cell on its way; ``name`` is the released cell that it stands for, or empty."""

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    name: str = ""
    attachments: dict | None = None


def fit(submitted: NotebookNode, release: NotebookNode) -> float:
    """Which part of the exercises' cells a notebook has, 0 to 1."""
    pieces = _pieces(submitted)
    names = [cell for cell in release.cells if _is_exercise(cell)]
    _name_pieces(pieces, release, [])
    return len({p.name for p in pieces} - {""}) / max(1, len(names))


def repair(
    submitted: NotebookNode, release: NotebookNode, instructor: NotebookNode | None = None
) -> Repaired:
    """Make a submission what nbgrader expects, or refuse.

    Rules: a cell is known by its ``grade_id``, else by its id, else by its text. Of several copies of a
    test, the one with the released id counts, else the last one; of an answer the last one that was
    changed (all of them run); of a written answer the first that was changed, and a person sees all.
    Copies become ordinary cells. Locked cells get the released text; what a student wrote there stays
    above it as an ordinary cell. Missing tests are put back behind their answer. Tests above their
    answer are moved below. Tags and the kernel are the released ones. Set-up cells are the student's own.

    Args:
        submitted: from :func:`course_utils.course.notebookfile.read_notebook`.
        release: the student edition.
        instructor: the instructor edition, if its own text in a locked cell is to count as unchanged.

    Raises:
        NotebookError: if it is another notebook.
    """
    notes: list[str] = []
    pieces = [piece for p in _pieces(submitted) for piece in _cut_out_tests(p, release, instructor, notes)]
    _name_pieces(pieces, release, notes)
    found = {piece.name for piece in pieces} - {""}
    wanted = [cell for cell in release.cells if _is_exercise(cell)]
    if len(found) < ENOUGH * len(wanted):
        raise NotebookError(f"not this notebook: of {len(wanted)} cells of its exercises it has {len(found)}")
    doubts = _doubts(pieces, release, found)
    _restore_locked(pieces, release, instructor, notes)
    _put_back(pieces, release, notes)
    _tests_below_answers(pieces, release, notes)
    if any("lost" in cell for cell in submitted.cells):
        notes.append("attachments that are too large were left out")
    return Repaired(_notebook(pieces, release), notes, doubts)


def name_of(cell: NotebookNode) -> str:
    """The ``grade_id`` of a released cell, or empty."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def exercises(release: NotebookNode) -> Iterator[tuple[list[str], list[str]]]:
    """The names of answers and of the checks and tests behind them, exercise by exercise."""
    answers: list[str] = []
    tests: list[str] = []
    for cell in filter(_is_code_of_exercise, release.cells):
        if is_solution(cell) and tests:
            yield answers, tests
            answers, tests = [], []
        (answers if is_solution(cell) else tests).append(name_of(cell))
    yield answers, tests


def _is_exercise(cell: NotebookNode) -> bool:
    return bool(name_of(cell))


def _is_code_of_exercise(cell: NotebookNode) -> bool:
    return _is_exercise(cell) and cell.cell_type == "code"


def _is_written(cell: NotebookNode) -> bool:
    return is_grade(cell) and is_solution(cell)


def _pieces(submitted: NotebookNode) -> list[_Piece]:
    return [
        _Piece(
            cell.cell_type,
            cell.source,
            grade_id=cell.metadata.grade_id,
            id=cell.id,
            attachments=cell.get("attachments"),
        )
        for cell in submitted.cells
    ]


def _cut_out_tests(
    piece: _Piece, release: NotebookNode, instructor: NotebookNode | None, notes: list[str]
) -> list[_Piece]:
    """A cell that was merged with a locked one, as several cells again."""
    if piece.kind != "code" or piece.source in (c.source for c in (instructor or release).cells):
        return [piece]
    for cell in release.cells:
        if not is_locked(cell) or _same(piece.source, cell.source):
            continue
        before, found, after = _around(piece.source, cell.source)
        if not found:
            continue
        name = name_of(cell)
        notes.append(f"the locked cell {name} was merged with other text and is a cell of its own again")
        kept = "" if piece.grade_id == name else piece.grade_id
        parts = [
            replace(piece, source=before, grade_id=kept, id="" if not kept else piece.id),
            replace(piece, source=found, grade_id=name, id=cell.id),
            replace(piece, source=after, grade_id="" if before else kept, id=""),
        ]
        rest = [part for part in (parts[0], parts[2]) if part.source]
        done = {id(part): _cut_out_tests(part, release, instructor, notes) for part in rest}
        return [p for part in parts if part.source for p in done.get(id(part), [part])]
    return [piece]


def _around(text: str, block: str) -> tuple[str, str, str]:
    """What stands before, is, and stands behind whole lines of a text; empty middle if they are not in it."""
    lines, wanted = text.split("\n"), block.strip("\n").split("\n")
    for i in range(len(lines) - len(wanted) + 1):
        if [line.rstrip() for line in lines[i : i + len(wanted)]] == [line.rstrip() for line in wanted]:
            before, after = lines[:i], lines[i + len(wanted) :]
            return "\n".join(before).strip("\n"), "\n".join(wanted), "\n".join(after).strip("\n")
    return text, "", ""


def _name_pieces(pieces: Sequence[_Piece], release: NotebookNode, notes: list[str]) -> None:
    """Give each released cell of an exercise at most one piece."""
    known = {name_of(cell) for cell in release.cells} - {""}
    strangers = {p.grade_id for p in pieces} - known - {""}
    if strangers:
        notes.append("cells with unknown names are ordinary cells now: " + ", ".join(sorted(strangers)))
    cells = [cell for cell in release.cells if _is_exercise(cell)]
    for cell in cells:
        name = name_of(cell)
        _choose(cell, [p for p in pieces if p.grade_id == name], notes)
    rebuilt = []
    for find in (_by_id, _by_text, _by_definition, _by_place):
        for cell in cells:
            name = name_of(cell)
            if any(p.name == name for p in pieces):
                continue
            free = [p for p in pieces if not p.name and p.grade_id not in known]
            if piece := find(cell, free, pieces, release):
                piece.name = name
                rebuilt.append(name)
    if rebuilt:
        notes.append("lost names of cells were found again: " + ", ".join(sorted(rebuilt)))


def _choose(cell: NotebookNode, copies: list[_Piece], notes: list[str]) -> None:
    """Which copy of a cell counts; the others stay as ordinary cells."""
    if not copies:
        return
    changed = [p for p in copies if not _same(p.source, cell.source)] or copies
    in_place = [p for p in copies if p.id == cell.id]
    if _is_written(cell):
        chosen = changed[0]
    elif is_solution(cell):
        chosen = changed[-1]
    else:
        chosen = in_place[0] if len(in_place) == 1 else copies[-1]
    chosen.name = name_of(cell)
    if len(copies) > 1:
        notes.append(f"the cell {chosen.name} was there {len(copies)} times; copies are ordinary cells now")


def _by_id(cell: NotebookNode, free: list[_Piece], *_: object) -> _Piece | None:
    return next((p for p in free if p.id == cell.id and p.kind == cell.cell_type), None)


def _by_text(cell: NotebookNode, free: list[_Piece], *_: object) -> _Piece | None:
    return next((p for p in free if p.kind == cell.cell_type and _same(p.source, cell.source)), None)


def _by_definition(cell: NotebookNode, free: list[_Piece], *_: object) -> _Piece | None:
    """The last cell that defines what the answer is to define, or one that grew out of it."""
    if cell.cell_type != "code" or not is_solution(cell):
        return None
    wanted = _defined(cell.source)
    hits = [p for p in free if p.kind == "code" and wanted & _defined(p.source)]
    if hits:
        return max(reversed(hits), key=lambda p: len(wanted & _defined(p.source)))
    close = [
        p
        for p in free
        if p.kind == "code" and SequenceMatcher(None, p.source, cell.source).ratio() >= SIMILAR
    ]
    return close[0] if len(close) == 1 else None


def _by_place(
    cell: NotebookNode, free: list[_Piece], pieces: Sequence[_Piece], release: NotebookNode
) -> _Piece | None:
    """A written answer is the student's first text between the released cells around the question."""
    if not _is_written(cell):
        return None
    place = release.cells.index(cell)
    start = _last(pieces, (_matches(c) for c in reversed(release.cells[:place])))
    end = _last(pieces, (_matches(c) for c in release.cells[place + 1 :]))
    between = pieces[start + 1 if start is not None else 0 : end]
    released = [c for c in release.cells if c.cell_type == "markdown"]
    texts = [p for p in between if p.kind == "markdown" and p.source.strip()]
    own = [p for p in texts if not any(_same(p.source, c.source) for c in released)]
    return next((p for p in own if any(p is f for f in free)), None)


def _matches(cell: NotebookNode) -> Callable[[_Piece], bool]:
    name = name_of(cell)
    if name:
        return lambda piece: piece.name == name
    return lambda piece: piece.kind == cell.cell_type and _same(piece.source, cell.source)


def _last(pieces: Sequence[_Piece], tests: Iterator[Callable[[_Piece], bool]]) -> int | None:
    """The position of a piece for the first test that any piece passes."""
    for test in tests:
        hits = [i for i, piece in enumerate(pieces) if test(piece)]
        if hits:
            return hits[-1]
    return None


def _doubts(pieces: Sequence[_Piece], release: NotebookNode, found: set[str]) -> dict[str, str]:
    """Written answers that are missing while the student wrote text elsewhere."""
    released = [c.source for c in release.cells]
    own = [p for p in pieces if not p.name and p.kind != "code" and p.source.strip()]
    own = [p for p in own if not any(_same(p.source, text) for text in released)]
    missing = [name_of(c) for c in release.cells if _is_written(c) and name_of(c) not in found]
    why = "its cell is missing, and other text cells of the student may hold the answer"
    return {name: why for name in missing if own}


def _restore_locked(
    pieces: list[_Piece], release: NotebookNode, instructor: NotebookNode | None, notes: list[str]
) -> None:
    """Give locked cells the released text; what a student wrote there becomes a cell above."""
    ours = {name_of(c): [c.source] for c in release.cells if is_locked(c)}
    for cell in instructor.cells if instructor else ():
        if is_locked(cell) and name_of(cell) in ours:
            ours[name_of(cell)].append(cell.source)
    for piece in list(pieces):
        texts = ours.get(piece.name)
        if not texts:
            continue
        if piece.kind == "code" and piece.source.strip() and not any(_same(piece.source, t) for t in texts):
            notes.append(f"the locked cell {piece.name} was changed; the released text counts")
            pieces.insert(_position(pieces, piece), _Piece("code", piece.source))
        piece.source = texts[0]


def _put_back(pieces: list[_Piece], release: NotebookNode, notes: list[str]) -> None:
    """Insert locked cells and written answers that are missing; a missing answer may be elsewhere."""
    before: list[str] = []
    for cell in release.cells:
        name = name_of(cell)
        if not name:
            continue
        there = any(p.name == name for p in pieces)
        if not there and (is_locked(cell) or _is_written(cell)):
            _insert_behind(pieces, before, _Piece(cell.cell_type, cell.source, name=name), release)
            notes.append(f"the cell {name} was missing and was put back")
        elif not there:
            notes.append(f"the cell {name} is missing")
        before.append(name)


def _insert_behind(pieces: list[_Piece], names: list[str], new: _Piece, release: NotebookNode) -> None:
    """Behind the last of ``names`` that is there, and behind the student's own code that follows it."""
    present = {p.name: i for i, p in enumerate(pieces) if p.name}
    place = next((present[n] + 1 for n in reversed(names) if n in present), 0)
    released = [c.source for c in release.cells]
    while place < len(pieces) and pieces[place].kind == "code" and not pieces[place].name:
        if any(_same(pieces[place].source, text) for text in released):
            break
        place += 1
    pieces.insert(place, new)


def _tests_below_answers(pieces: list[_Piece], release: NotebookNode, notes: list[str]) -> None:
    """Move checks and tests that stand above an answer of their exercise below it."""
    for answers, tests in exercises(release):
        ends = [i for i, p in enumerate(pieces) if p.name in answers and p.name]
        if not ends:
            continue
        last = pieces[max(ends)]
        early = [p for p in pieces[: max(ends)] if p.name in tests]
        for piece in early:
            del pieces[_position(pieces, piece)]
        place = _position(pieces, last) + 1
        pieces[place:place] = sorted(early, key=lambda p: tests.index(p.name))
        if early:
            names = ", ".join(p.name for p in early)
            notes.append(f"cells above the answer that they test were moved below it: {names}")


def _notebook(pieces: Sequence[_Piece], release: NotebookNode) -> NotebookNode:
    named = {name_of(cell): cell for cell in release.cells if name_of(cell)}
    others = {(c.cell_type, _essence(c.source)): c for c in release.cells if not name_of(c)}
    cells = []
    for i, piece in enumerate(pieces):
        like = named.get(piece.name) or others.get((piece.kind, _essence(piece.source)))
        kind = like.cell_type if like else piece.kind
        cell = {
            "cell_type": kind,
            "id": like.id if piece.name else f"own-{i:03}",
            "metadata": deepcopy(like.metadata) if like else {},
            "source": piece.source,
        }
        if kind == "code":
            cell |= {"outputs": [], "execution_count": None}
        if kind == "markdown" and piece.attachments:
            cell["attachments"] = piece.attachments
        cells.append(cell)
    metadata = deepcopy(release.metadata)
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def _defined(source: str) -> set[str]:
    """Names that a cell defines at its margin; works on text that does not parse, too."""
    return {a or b for a, b in _DEFINES.findall(source)}


def _same(one: str, other: str) -> bool:
    """Whether two texts differ at most in white space at the ends of lines and of the whole."""
    return _essence(one) == _essence(other)


@lru_cache(maxsize=10_000)
def _essence(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def _position(pieces: Sequence[_Piece], piece: _Piece) -> int:
    """Where this very piece stands; others may be equal to it."""
    return next(i for i, other in enumerate(pieces) if other is piece)
