"""From the bytes of an .ipynb file to cells, whatever an editor, a mail program or an old Jupyter did."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError

LARGEST_FILE = 100 * 1024**2  # bytes; figures of an honest notebook stay far below
LARGEST_ATTACHMENTS = 5 * 1024**2  # characters of base64 in one cell


class CannotRepair(CourseError):
    """A submission that a person must look at; the message says why."""


def read_notebook(content: bytes) -> NotebookNode:
    """The cells of a notebook: kind, text, nbgrader's metadata, ids; without outputs and all else.

    Args:
        content: of the file. UTF-8 or UTF-16, with or without a byte order mark, any nbformat.

    Raises:
        CannotRepair: if it is no notebook, or not all of one.
    """
    if len(content) > LARGEST_FILE:
        raise CannotRepair(f"the file is larger than {LARGEST_FILE // 1024**2} MB")
    if not content.strip():
        raise CannotRepair("the file is empty")
    raw = _as_version_4(_parse(_decode(content)))
    if not isinstance(raw.get("cells"), list) or not all(isinstance(c, dict) for c in raw["cells"]):
        raise CannotRepair("the file holds no notebook: it has no list of cells")
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    cells = [_clean(cell) for cell in raw["cells"]]
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


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
        raise CannotRepair(f"an old notebook that cannot be converted: {problem}") from None


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
        "metadata": {"grade_id": nbgrader.get("grade_id"), "marked": bool(nbgrader)},
        "id": ids[0] if ids else "",
    }
    if kind == "code":
        clean |= {"outputs": [], "execution_count": None}
    attachments = cell.get("attachments")
    if kind == "markdown" and isinstance(attachments, dict) and attachments:
        clean["attachments" if _are_pictures(attachments) else "lost"] = attachments
    return clean


def _are_pictures(attachments: dict) -> bool:
    """Whether they have the form of attachments, and a size that one can look at."""
    if not all(isinstance(kinds, dict) for kinds in attachments.values()):
        return False
    texts = [value for kinds in attachments.values() for value in kinds.values()]
    return all(isinstance(t, str) for t in texts) and sum(map(len, texts)) <= LARGEST_ATTACHMENTS


def _text(source: object) -> str:
    """A cell's text with Unix line ends, as something that can be written in UTF-8."""
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode()
