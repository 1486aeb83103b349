"""Set-up cells: released cells without a role, whose names the cells of exercises need."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from course_utils.grading.submissions.pieces import Piece, last_of, matches, name_of
from course_utils.grading.syntax import parse

_MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)
_IMPORTS = re.compile(r"^\s*(?:from\s+\S+\s+)?import\s+(.+)$|^(\w+)\s*=(?!=)", re.MULTILINE)
_NEW_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def setup_names(release: NotebookNode) -> frozenset[str]:
    """What the released set-up cells define."""
    return frozenset(name for cell in _setup_cells(release) for name in bound(cell.source))


def put_setup_back(pieces: list[Piece], release: NotebookNode) -> list[str]:
    """Insert set-up cells that define what exercises read and nothing else in the submission defines.

    Args:
        pieces: with all cells of exercises in them; changed.

    Returns:
        A note for each cell.
    """
    code = [piece for piece in pieces if piece.kind == "code"]
    there = {name for piece in code for name in bound(piece.source)} | set(vars(builtins))
    wanted = {name for piece in code if piece.name for name in read(piece.source)} - there
    missing = [cell for cell in _setup_cells(release) if not any(map(matches(cell), pieces))]
    chosen: list[NotebookNode] = []
    for cell in reversed(missing):
        gives = bound(cell.source)
        if gives & wanted:
            chosen.append(cell)
            there |= gives
            wanted = (wanted | read(cell.source)) - there
    return [_insert(cell, pieces, release) for cell in reversed(chosen)]


def bound(source: str) -> set[str]:
    """The names that a cell gives to the notebook, as far as its text says."""
    tree = _parsed(source)
    if tree is not None:
        return set(_bound(tree))
    texts = (one or other for one, other in _IMPORTS.findall(source))
    return {name.split(" as ")[-1].strip(" ()").split(".")[0] for text in texts for name in text.split(",")}


def read(source: str) -> set[str]:
    """The names that a cell uses; empty if it does not parse."""
    tree = _parsed(source)
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name)) if tree else ()
    return {node.id for node in names if isinstance(node.ctx, ast.Load)}


def _setup_cells(release: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in release.cells if cell.cell_type == "code" and not name_of(cell)]


def _parsed(source: str) -> ast.Module | None:
    try:
        return parse(_MAGIC.sub("", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # any text may stand in a cell
        return None


def _bound(node: ast.AST) -> Iterator[str]:
    """What is defined or assigned below a node, without looking into functions and classes."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, ast.alias):
            yield child.asname or child.name.split(".")[0]
        elif isinstance(child, _NEW_SCOPE):
            yield getattr(child, "name", "")
            continue
        yield from _bound(child)


def _insert(cell: NotebookNode, pieces: list[Piece], release: NotebookNode) -> str:
    """Behind the released cell before it that is there."""
    place = next(i for i, other in enumerate(release.cells) if other is cell)
    before = last_of(pieces, (matches(other) for other in reversed(release.cells[:place])))
    pieces.insert(0 if before is None else before + 1, Piece("code", cell.source))
    names = ", ".join(sorted(bound(cell.source))[:5])
    return f"the set-up cell that defines {names} was missing and was put back"
