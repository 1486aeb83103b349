"""A notebook as a file that somebody sent: from its bytes to cells, whatever an editor or a mail program did.

`course check`, `course collect` and `course grade` read with this alone, so that a student's check takes what
the grader takes.
"""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError

LARGEST_FILE = 32 * 1024**2  # bytes; figures of an honest notebook stay far below
MOST_CELLS = 2000  # ours have about a hundred
LARGEST_CELL, LARGEST_TEXT = 10**6, 4 * 10**6  # characters of a cell, and of all cells
LARGEST_ATTACHMENTS = 5 * 1024**2  # characters of base64 in one cell
LONGEST_NAME = 200  # of a cell, in characters
PICTURES = ("image/png", "image/jpeg", "image/gif")
KINDS = {
    b"%pdf": "a PDF",
    b"pk\x03\x04": "a zip",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"\x89png": "a picture",
    b"\xff\xd8\xff": "a picture",
}  # by the first bytes, in small letters
_PLAIN_NAME, _BASE64 = re.compile(r"[\w. ()-]{1,100}"), re.compile(r"[A-Za-z0-9+/=\s]*")


class NotebookError(CourseError):
    """A file that cannot be read as a notebook, or not as the one that is wanted; the message says why."""


def read_notebook(content: bytes) -> NotebookNode:
    """The cells of a notebook: kind, text, nbgrader's name, ids; without outputs and all else.

    Args:
        content: of the file. UTF-8, or UTF-16 with a byte order mark; any nbformat.

    Returns:
        A notebook of nbformat 4. The metadata of a cell are ``grade_id`` (a string, empty where nbgrader does
        not know the cell) and ``marked`` (whether it has anything of nbgrader's); its ``id`` may be empty.
        Where the attachments of a text are too large, or no pictures, ``lost`` is true. Of the notebook's
        metadata strings are left.

    Raises:
        NotebookError: if it is no notebook, or not all of one, or larger than anybody writes one.
    """
    if len(content) > LARGEST_FILE:
        raise _refusal(f"the file is larger than {LARGEST_FILE // 1024**2} MB", do="clear its outputs")
    if not content.strip():
        raise _refusal("the file is empty")
    raw = _as_version_4(_parse(_decode(content)))
    if not isinstance(raw.get("cells"), list) or not all(isinstance(c, dict) for c in raw["cells"]):
        raise _refusal("the file holds no notebook: it has no list of cells")
    if len(raw["cells"]) > MOST_CELLS:
        raise _refusal(f"the notebook has more than {MOST_CELLS:,} cells", do="delete what is not yours")
    cells = [_clean(cell) for cell in raw["cells"]]
    sizes = [len(cell["source"]) for cell in cells]
    if max(sizes, default=0) > LARGEST_CELL or sum(sizes) > LARGEST_TEXT:
        what = f"the notebook holds a cell of {max(sizes):,} characters, or too much text in all"
        raise _refusal(what, do="delete what is not yours")
    given = raw.get("metadata")
    given = given if isinstance(given, dict) else {}
    metadata = {_text(name): _text(value) for name, value in given.items() if isinstance(value, str)}
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def _refusal(what: str, found: str = "", do: str = "save it again in Jupyter") -> NotebookError:
    expected = "a notebook as Jupyter saves it, NAME.ipynb"
    return NotebookError(what, expected=expected, found=found, do=f"{do}, and send the .ipynb file itself")


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise _refusal("the file is not text in UTF-8", found=_kind(content)) from None


def _parse(text: str) -> dict:
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as problem:
        raise _broken(text, problem) from None
    except RecursionError:
        raise _refusal("the file is damaged: it is nested too deeply") from None
    except ValueError:  # Python reads no number of more than 4300 digits
        raise _refusal("the file is damaged: it holds a number without end") from None
    if not isinstance(raw, dict):
        raise _refusal("the file holds no notebook", found="other JSON")
    return raw


def _broken(text: str, problem: json.JSONDecodeError) -> NotebookError:
    """JSON that ends too early is a notebook cut off; what never began like JSON is something else."""
    if not text.lstrip().startswith(("{", "[")):
        return _refusal("the file holds no notebook", found=_kind(text.encode()))
    cut = problem.pos >= len(text.rstrip()) - 1 or "Unterminated" in problem.msg
    what = "the file is cut off" if cut else "the file is damaged"
    return _refusal(
        f"{what}: {problem.msg.lower()} in line {problem.lineno}", found=f"{len(text):,} characters"
    )


def _kind(content: bytes) -> str:
    """What a file seems to be."""
    start = content.lstrip()[:20].lower()
    return next((name for magic, name in KINDS.items() if start.startswith(magic)), "something else")


def _as_version_4(raw: dict) -> dict:
    """Jupyter changed its format in 2015; older notebooks are converted."""
    if not isinstance(raw.get("worksheets"), list):
        return raw
    try:
        return nbformat.convert(nbformat.from_dict({"metadata": {}, "nbformat_minor": 0, **raw}), 4)
    except Exception as problem:
        raise _refusal(f"an old notebook that cannot be converted: {problem}") from None


def _clean(cell: dict) -> dict[str, Any]:
    """A valid cell; what an attacker or a broken editor put elsewhere in it is left out."""
    kind = cell.get("cell_type")
    kind = kind if kind in ("code", "markdown", "raw") else "raw"
    metadata = _as_dict(cell.get("metadata"))
    nbgrader = _as_dict(metadata.get("nbgrader"))
    clean: dict[str, Any] = {
        "cell_type": kind,
        "source": _text(cell.get("source", "")),
        "metadata": {"grade_id": _first_string(nbgrader.get("grade_id")), "marked": bool(nbgrader)},
        "id": _first_string(cell.get("id"), metadata.get("id")),  # Colab's is in the metadata
    }
    if kind == "code":
        clean |= {"outputs": [], "execution_count": None}
    attachments = cell.get("attachments")
    if kind == "markdown" and isinstance(attachments, dict) and attachments:
        clean |= {"attachments": attachments} if _are_pictures(attachments) else {"lost": True}
    return clean


def _as_dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _first_string(*values: object) -> str:
    return _text(next((value for value in values if isinstance(value, str)), "")[:LONGEST_NAME])


def _are_pictures(attachments: dict) -> bool:
    """Whether they are pictures with plain names, in a size that one can look at."""
    if not all(isinstance(kinds, dict) and _PLAIN_NAME.fullmatch(n) for n, kinds in attachments.items()):
        return False
    parts = [part for kinds in attachments.values() for part in kinds.items()]
    pictures = all(kind in PICTURES and isinstance(t, str) and _BASE64.fullmatch(t) for kind, t in parts)
    return pictures and sum(len(text) for _, text in parts) <= LARGEST_ATTACHMENTS


def _text(source: object) -> str:
    """A cell's text with Unix line ends, as something that can be written in UTF-8."""
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode()
