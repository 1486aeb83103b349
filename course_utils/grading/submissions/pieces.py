"""The cells of a submission on their way: which of the released cells each of them stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

SIMILAR = 0.7  # by difflib's ratio: an answer that defines nothing grew out of the released cell
_DEFINES = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)|^(\w+)[^\S\n]*(?::[^=\n]+)?=(?!=)", re.MULTILINE)


@dataclass(eq=False)
class Piece:
    """A cell on its way; ``name`` is the released cell that it stands for, or empty."""

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    name: str = ""
    attachments: dict | None = None

    @cached_property
    def essence(self) -> str:
        """The text without what editors change."""
        return _essence(self.source)

    @cached_property
    def defined(self) -> set[str]:
        """Names that it defines at its margin; works on text that does not parse, too."""
        return _defined(self.source)

    def is_like(self, cell: NotebookNode) -> bool:
        """Whether it has a released cell's text, white space at the ends of lines and of the whole aside."""
        return self.essence == _released_essence(cell.source)

    def does_what(self, cell: NotebookNode) -> bool:
        """Whether it has a released cell's lines of code, or none; comments may be another edition's."""
        return _without_comments(self.source) in ("", _without_comments(cell.source))


def adds_little(piece: Piece, cell: NotebookNode) -> bool:
    """Whether a text is a released one but for two words at most, as where that was corrected since."""
    words = piece.source.split()
    return (Counter(words) - Counter(cell.source.split())).total() <= min(2, 0.3 * len(words))


def _without_comments(source: str) -> str:
    lines = (line.rstrip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))


def pieces_of(submitted: NotebookNode) -> list[Piece]:
    """The cells of what :func:`course_utils.course.notebookfile.read_notebook` gives."""
    return [
        Piece(c.cell_type, c.source, c.metadata.grade_id, c.get("id", ""), attachments=c.get("attachments"))
        for c in submitted.cells
    ]


def name_of(cell: NotebookNode) -> str:
    """The ``grade_id`` of a released cell, or empty."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_written(cell: NotebookNode) -> bool:
    """Whether it takes an answer in words."""
    return is_grade(cell) and is_solution(cell)


def name_pieces(pieces: Sequence[Piece], release: NotebookNode) -> list[str]:
    """Give each released cell of an exercise at most one piece; returns what is worth a note."""
    notes = []
    known = {name_of(cell) for cell in release.cells} - {""}
    strangers = {p.grade_id for p in pieces} - known - {""}
    if strangers:
        notes.append("cells with unknown names are ordinary cells now: " + ", ".join(sorted(strangers)))
    cells = [cell for cell in release.cells if name_of(cell)]
    for cell in cells:
        notes += _choose(cell, [p for p in pieces if p.grade_id == name_of(cell)])
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
    return notes


def matches(cell: NotebookNode) -> Callable[[Piece], bool]:
    """A test whether a piece is this released cell: by name, or by text where it has none."""
    name = name_of(cell)
    if name:
        return lambda piece: piece.name == name
    return lambda piece: piece.kind == cell.cell_type and piece.is_like(cell)


def last_of(pieces: Sequence[Piece], tests: Iterator[Callable[[Piece], bool]]) -> int | None:
    """The position of the last piece that passes the first test which any piece passes."""
    for test in tests:
        hits = [i for i, piece in enumerate(pieces) if test(piece)]
        if hits:
            return hits[-1]
    return None


def _choose(cell: NotebookNode, copies: list[Piece]) -> list[str]:
    """Which copy of a cell counts; the others stay as ordinary cells."""
    if not copies:
        return []
    changed = [p for p in copies if not p.is_like(cell)] or copies
    in_place = [p for p in copies if p.id == cell.id]
    if is_written(cell):
        chosen = changed[0]
    elif is_solution(cell):
        chosen = changed[-1]
    else:
        chosen = in_place[0] if len(in_place) == 1 else copies[-1]
    chosen.name = name_of(cell)
    if len(copies) == 1:
        return []
    return [f"the cell {chosen.name} was there {len(copies)} times; copies are ordinary cells now"]


def _by_id(cell: NotebookNode, free: list[Piece], *_: object) -> Piece | None:
    return next((p for p in free if p.id == cell.id and p.kind == cell.cell_type), None)


def _by_text(cell: NotebookNode, free: list[Piece], *_: object) -> Piece | None:
    return next((p for p in free if p.kind == cell.cell_type and p.is_like(cell)), None)


def _by_definition(cell: NotebookNode, free: list[Piece], *_: object) -> Piece | None:
    """The last cell that defines what the answer is to define, or one that grew out of it."""
    if cell.cell_type != "code" or not is_solution(cell):
        return None
    wanted = _defined(cell.source)
    hits = [p for p in free if p.kind == "code" and wanted & p.defined]
    if hits:
        return max(reversed(hits), key=lambda p: len(wanted & p.defined))
    close = [p for p in free if p.kind == "code" and _is_similar(p.source, cell.source)]
    return close[0] if len(close) == 1 else None


def _by_place(
    cell: NotebookNode, free: list[Piece], pieces: Sequence[Piece], release: NotebookNode
) -> Piece | None:
    """A written answer is the student's first text between the released cells around the question."""
    if not is_written(cell):
        return None
    place = release.cells.index(cell)
    start = last_of(pieces, (matches(c) for c in reversed(release.cells[:place])))
    end = last_of(pieces, (matches(c) for c in release.cells[place + 1 :]))
    between = pieces[start + 1 if start is not None else 0 : end]
    released = [c for c in release.cells if c.cell_type == "markdown"]
    texts = [p for p in between if p.kind == "markdown" and p.source.strip()]
    return next((p for p in texts if p in free and not any(map(p.is_like, released))), None)


def _is_similar(one: str, other: str) -> bool:
    """By difflib's ratio, whose two upper bounds take far less time on long texts."""
    matcher = SequenceMatcher(None, one, other)
    return all(ratio() >= SIMILAR for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))


def _essence(text: str) -> str:
    """A text without white space at the ends of its lines and of the whole."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


_released_essence = lru_cache(maxsize=1000)(_essence)  # asked for by every cell of every submission


def _defined(source: str) -> set[str]:
    return {a or b for a, b in _DEFINES.findall(source)}
