"""From the bytes of an .ipynb file to cells, whatever an editor, a mail program or an old Jupyter made of it."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.tables import one_line

LARGEST_FILE = 32 * 1024**2  # bytes; figures of an honest notebook stay far below
MOST_CELLS = 2000  # ours have about a hundred
LARGEST_CELL, LARGEST_TEXT = 10**6, 4 * 10**6  # characters of a cell, and of all cells
LARGEST_ATTACHMENTS = 5 * 1024**2  # characters of base64 in one cell
_PICTURES = ("image/png", "image/jpeg", "image/gif")
_PLAIN_NAME, _BASE64 = re.compile(r"[\w. ()-]{1,100}"), re.compile(r"[A-Za-z0-9+/=\s]*")


class CannotRepair(CourseError):
    """A submission that a person must look at; the message says why."""


def read_notebook(content: bytes) -> NotebookNode:
    """The cells of a notebook: kind, text, nbgrader's metadata, ids; without outputs and all else.

    Args:
        content: of the file. UTF-8 or UTF-16, with or without a byte order mark, any nbformat.

    Raises:
        CannotRepair: if it is no notebook, or not all of one, or larger than anybody's.
    """
    if len(content) > LARGEST_FILE:
        raise CannotRepair(f"the file is larger than {LARGEST_FILE // 1024**2} MB")
    if not content.strip():
        raise CannotRepair("the file is empty")
    raw = _as_version_4(_parse(_decode(content)))
    if not isinstance(raw.get("cells"), list) or not all(isinstance(c, dict) for c in raw["cells"]):
        raise CannotRepair("the file holds no notebook: it has no list of cells")
    if len(raw["cells"]) > MOST_CELLS:
        raise CannotRepair(f"the notebook has more than {MOST_CELLS:,} cells")
    cells = [_clean(cell) for cell in raw["cells"]]
    sizes = [len(cell["source"]) for cell in cells]
    if max(sizes, default=0) > LARGEST_CELL or sum(sizes) > LARGEST_TEXT:
        raise CannotRepair(f"the notebook holds a cell of {max(sizes):,} characters, or too much text in all")
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise CannotRepair("the file is not text in UTF-8") from None


def _parse(text: str) -> dict:
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as problem:
        cut = problem.pos >= len(text.rstrip()) - 1 or "Unterminated" in problem.msg
        what = "the file is cut off" if cut else "the file is damaged"
        raise CannotRepair(f"{what}: {problem.msg.lower()} in line {problem.lineno}") from None
    except RecursionError:
        raise CannotRepair("the file is damaged: it is nested too deeply") from None
    except ValueError:  # Python reads no number of more than 4300 digits
        raise CannotRepair("the file is damaged: it holds a number without end") from None
    if not isinstance(raw, dict):
        raise CannotRepair("the file holds no notebook")
    return raw


def _as_version_4(raw: dict) -> dict:
    """Jupyter changed its format in 2015; older notebooks are converted."""
    if not isinstance(raw.get("worksheets"), list):
        return raw
    try:
        return nbformat.convert(nbformat.from_dict({"metadata": {}, "nbformat_minor": 0, **raw}), 4)
    except Exception as problem:
        raise CannotRepair(f"an old notebook that cannot be converted: {one_line(str(problem))}") from None


def _clean(cell: dict) -> dict[str, Any]:
    """A valid cell; what an attacker or a broken editor put elsewhere in it is left out."""
    kind = cell.get("cell_type")
    kind = kind if kind in ("code", "markdown", "raw") else "raw"
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    nbgrader = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
    ids = [i for i in (cell.get("id"), metadata.get("id")) if isinstance(i, str)]  # Colab's is in metadata
    clean = {
        "cell_type": kind,
        "source": _text(cell.get("source", "")),
        "metadata": {"grade_id": _name(nbgrader.get("grade_id")), "marked": bool(nbgrader)},
        "id": _name(ids[0]) if ids else "",
    }
    if kind == "code":
        clean |= {"outputs": [], "execution_count": None}
    attachments = cell.get("attachments")
    if kind == "markdown" and isinstance(attachments, dict) and attachments:
        clean |= {"attachments": attachments} if _are_pictures(attachments) else {"lost": True}
    return clean


def _name(value: object) -> str:
    """What a cell is called; nobody's cells have longer names."""
    return _text(value)[:200] if isinstance(value, str) else ""


def _are_pictures(attachments: dict) -> bool:
    """Whether they are pictures with plain names, in a size that one can look at."""
    if not all(isinstance(kinds, dict) and _PLAIN_NAME.fullmatch(n) for n, kinds in attachments.items()):
        return False
    parts = [part for kinds in attachments.values() for part in kinds.items()]
    pictures = all(kind in _PICTURES and isinstance(t, str) and _BASE64.fullmatch(t) for kind, t in parts)
    return pictures and sum(len(text) for _, text in parts) <= LARGEST_ATTACHMENTS


def _text(source: object) -> str:
    """A cell's text with Unix line ends, as something that can be written in UTF-8."""
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode()
