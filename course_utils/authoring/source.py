"""Text to instructor notebook: reads py:percent with care, writes the same bytes each time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat

from course_utils.authoring.cells import ROLES, Cell, cell_ids
from course_utils.authoring.rules import check_cell, check_role, check_whole
from course_utils.errors import BuildError

VERSION_PLACEHOLDER = "{{course_version}}"
_HEADER = re.compile(r"# %%( .*)?")
_NEARLY_HEADER = re.compile(r"\s*#\s*%%+(\s.*)?")
_PLACEHOLDER = re.compile(r"\{\{\w+(:[\w-]+)?\}\}")


@dataclass(frozen=True)
class Source:
    """A checked text: ``name`` is the assignment's, for example ``03_resnet18_finetune``."""

    name: str
    version: str
    cells: tuple[Cell, ...]

    @property
    def experiments(self) -> list[Cell]:
        """Code cells after the one that calls ``start`` that belong to no exercise."""
        code = [cell for cell in self.cells if cell.kind == "code"]
        begin = next((i for i, cell in enumerate(code) if "start(" in cell.source), len(code))
        return [cell for cell in code[begin + 1 :] if not cell.role]


def read_source(path: Path, version: str) -> Source:
    """Read and check the text of one notebook.

    Args:
        path: a py:percent file; its name without ``.py`` becomes the assignment's.
        version: of the course; replaces ``{{course_version}}``, goes into the notebook's metadata.

    Raises:
        BuildError: with ``file:line``, for anything that must not be built as it stands.
    """
    text = path.read_text(encoding="utf-8").replace(VERSION_PLACEHOLDER, version)
    cells = tuple(_read_cells(text, path.name))
    check_whole(cells, path.name)
    return Source(path.stem, version, cells)


def instructor_notebook(source: Source) -> str:
    """The instructor edition as the text of an ``.ipynb`` file: no outputs, no times."""
    ids = cell_ids(source.cells)
    notebook = nbformat.v4.new_notebook(
        cells=[cell.to_notebook(id_) for cell, id_ in zip(source.cells, ids, strict=True)],
        metadata={
            "course_version": source.version,
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    return notebook_text(notebook)


def notebook_text(notebook: nbformat.NotebookNode) -> str:
    """The one way a notebook is written: sorted keys, and a newline at the end."""
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _read_cells(text: str, file: str) -> list[Cell]:
    """jupytext says what the cells are; the lines of the file say where they stand."""
    lines = text.split("\n")
    starts = _headers(lines, file)
    bodies = [lines[a + 1 : b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]
    read = _jupytext_cells(text, file)
    for cell, start, body in zip(read, starts, bodies, strict=False):
        written = "\n".join(body).rstrip().split("\n")
        if cell.source.count("\n") + 1 != len(written):
            raise BuildError(
                f"{file}:{start + 1}: jupytext reads another cell than stands here.",
                do="begin the text with a `# %%` line, and leave no `# %%` inside a string",
            )
    if len(read) != len(starts):
        raise BuildError(f"{file}:1: {len(starts)} cells, but jupytext reads {len(read)}.")
    return [_read_cell(*parts, file) for parts in zip(read, starts, bodies, strict=True)]


def _headers(lines: Sequence[str], file: str) -> list[int]:
    """Positions of the lines that start a cell."""
    starts = []
    for i, line in enumerate(lines):
        where = f"{file}:{i + 1}"
        if _HEADER.fullmatch(line):
            starts.append(i)
        elif _NEARLY_HEADER.fullmatch(line):
            raise BuildError(f"{where}: nearly the start of a cell.", expected="`# %%`", found=line)
        if found := _PLACEHOLDER.search(line):
            raise BuildError(f"{where}: {found[0]} stands for nothing.", do="replace it")
    return starts


def _jupytext_cells(text: str, file: str) -> list[nbformat.NotebookNode]:
    try:
        return jupytext.reads(text, fmt="py:percent").cells
    except Exception as problem:
        raise BuildError(
            f"{file}:1: jupytext cannot read this text.",
            found=f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0]}",
            do='look at the keys on the `# %%` lines; tags are a list: tags=["parameters"]',
        ) from None


def _read_cell(read: nbformat.NotebookNode, start: int, body: Sequence[str], file: str) -> Cell:
    where = f"{file}:{start + 1}"
    if read.cell_type not in ("code", "markdown"):
        raise BuildError(f"{where}: a {read.cell_type} cell.", expected="[markdown], or code")
    options = dict(read.metadata)
    options.pop("lines_to_next_cell", None)  # jupytext's own
    tags, points = options.pop("tags", []), options.pop("points", None)
    role = next((name for name in ROLES if name in options), "")
    value = options.pop(role, None)
    if options:
        raise BuildError(
            f"{where}: unknown on a cell's first line: {', '.join(options)}.",
            expected="tags, points, and one of " + ", ".join(ROLES),
        )
    check_role(role, read.cell_type, value, points, where)
    cell = Cell(
        file=file,
        line=start + 1,
        kind=read.cell_type,
        source=read.source,
        written=tuple(body),
        tags=tuple(tags),
        role=role,
        grade_id=value + ROLES[role].suffix if role else "",
        points=points or 0,
    )
    check_cell(cell)
    return cell
