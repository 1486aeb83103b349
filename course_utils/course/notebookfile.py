"""A notebook as a file that somebody sent: read with care, refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping

from course_utils.errors import CourseError

NOTEBOOK = "a notebook as Jupyter saves it, NAME.ipynb"


class NotebookError(CourseError):
    """A file that cannot be read as a notebook."""


def read_notebook(content: bytes) -> dict:
    """The notebook in a file's content; its cells have a type, a source as one text, and metadata.

    Raises:
        NotebookError: if the file is empty, cut off, something else, or in a format before 2013's.
    """
    if not content.strip():
        raise NotebookError("the file is empty.", expected=NOTEBOOK, do="save the notebook again")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, RecursionError):
        raise _no_notebook(content) from None
    except json.JSONDecodeError as problem:
        raise _broken(content, problem) from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise _no_notebook(content)
    if notebook["nbformat"] != 4 or not isinstance(notebook.get("cells"), list):
        found = f"format {notebook['nbformat']}, {'with' if 'cells' in notebook else 'without'} cells"
        raise NotebookError("this notebook's format is not ours.", expected="format 4", found=found,
                            do="open it in JupyterLab and save it")  # fmt: skip
    notebook["cells"] = [_cell(cell, position) for position, cell in enumerate(notebook["cells"], 1)]
    if not isinstance(notebook.get("metadata"), dict):
        notebook["metadata"] = {}
    return notebook


def grade_id(cell: Mapping) -> str:
    """How nbgrader calls a cell; empty where it has no name."""
    marks = cell["metadata"].get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else ""


def cell_id(cell: Mapping) -> str:
    """The cell's own id, which Colab keeps in its metadata; empty where it has none."""
    found = [id_ for id_ in (cell.get("id"), cell["metadata"].get("id")) if isinstance(id_, str)]
    return found[0] if found else ""


def _cell(cell: object, position: int) -> dict:
    """A cell of sound shape; an editor may have dropped its metadata or split its source into lines."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        raise NotebookError(f"cell {position} is no cell.", expected=NOTEBOOK, do="save the notebook again")
    source, metadata = cell.get("source", ""), cell.get("metadata")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return {**cell, "source": text, "metadata": metadata if isinstance(metadata, dict) else {}}


def _broken(content: bytes, problem: json.JSONDecodeError) -> NotebookError:
    """JSON that ends too early is a notebook cut off; what never began like JSON is something else."""
    text = problem.doc.rstrip()
    if not text.startswith("{"):
        return _no_notebook(content)
    cut = problem.pos >= len(text) or problem.msg.startswith("Unterminated string")
    what = "the notebook is cut off" if cut else "the notebook is damaged"
    found = f"{len(content):,} bytes, {problem.msg} in line {problem.lineno}"
    return NotebookError(
        f"{what}.", expected=NOTEBOOK, found=found, do="save it again and send the whole file"
    )


def _no_notebook(content: bytes) -> NotebookError:
    return NotebookError("this is not a notebook.", expected=NOTEBOOK, found=_kind(content),
                         do="send the .ipynb file itself")  # fmt: skip


def _kind(content: bytes) -> str:
    """What a file seems to be, from its first bytes."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    kinds = {b"%pdf": "a PDF", b"pk\x03\x04": "a zip", b"<!doctype html": "a web page", b"<html": "a web page",
             b"\x89png": "a picture", b"\xff\xd8\xff": "a picture", b"{": "other JSON", b"[": "other JSON"}  # fmt: skip
    return next((name for magic, name in kinds.items() if start.startswith(magic)), "other content")
