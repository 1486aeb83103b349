"""Text to instructor notebook: reads py:percent, checks the author's marks, writes the same bytes each time."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat

from course_utils.authoring.markers import Region, find_regions, inside, without_regions
from course_utils.errors import BuildError

VERSION_PLACEHOLDER = "{{course_version}}"
_HEADER = re.compile(r"# %%( .*)?")
_NEARLY_HEADER = re.compile(r"\s*#\s*%%+(\s.*)?")
_PLACEHOLDER = re.compile(r"\{\{\w+(:[\w-]+)?\}\}")
_GRADE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_EXERCISE = re.compile(r"### Exercise (\d+) · (.+) · [●○]{3} · (\d+(?:\.\d+)?) points? · (\d+) min")
_NEARLY_EXERCISE = re.compile(r"#+\s*exercise\b", re.I)


@dataclass(frozen=True)
class Role:
    """What a key on a cell's first line means to nbgrader.

    Attributes:
        kind: the kind of cell it belongs on.
        region: what the cell must mark; empty if it must mark nothing.
        suffix: added to the key's value to make the ``grade_id``.
    """

    kind: str
    region: str
    grade: bool
    solution: bool
    locked: bool
    suffix: str = ""


ROLES: Mapping[str, Role] = {
    "answer": Role("code", "SOLUTION", grade=False, solution=True, locked=False, suffix="-answer"),
    "check": Role("code", "", grade=False, solution=False, locked=True, suffix="-check"),
    "graded": Role("code", "HIDDEN TESTS", grade=True, solution=False, locked=True),
    "written": Role("markdown", "SOLUTION", grade=True, solution=True, locked=False),
}


@dataclass(frozen=True)
class Cell:
    """One cell of the text.

    Attributes:
        line: where its ``# %%`` line stands in the file, counted from 1.
        kind: ``"code"`` or ``"markdown"``.
        source: the text as the notebook will hold it.
        role: a key of :data:`ROLES`, or empty.
        grade_id: how nbgrader calls it; empty without a role.
        points: what it is worth; 0 for cells that are not graded.
    """

    line: int
    kind: str
    source: str
    regions: tuple[Region, ...]
    tags: tuple[str, ...] = ()
    role: str = ""
    grade_id: str = ""
    points: float = 0

    @property
    def lines(self) -> list[str]:
        return self.source.split("\n")

    def student_source(self, code_stub: str, text_stub: str) -> str:
        """What is left of the cell for students."""
        stub = code_stub if self.kind == "code" else text_stub
        return "\n".join(without_regions(self.lines, self.regions, stub))

    def secrets(self) -> list[str]:
        """The lines that students must never see."""
        return inside(self.lines, self.regions)


@dataclass(frozen=True)
class Source:
    """A checked text: ``name`` is the assignment's, for example ``03_resnet18_finetune``."""

    name: str
    version: str
    cells: tuple[Cell, ...]


def read_source(path: Path, version: str) -> Source:
    """Read and check the text of one notebook.

    Args:
        path: a py:percent file; its name without ``.py`` becomes the assignment's.
        version: of the course; replaces ``{{course_version}}`` and goes into the notebook's metadata.

    Raises:
        BuildError: with ``file:line``, for anything that must not be built as it stands.
    """
    text = path.read_text(encoding="utf-8").replace(VERSION_PLACEHOLDER, version)
    cells = tuple(_read_cells(text, path.name))
    _check_ids(cells, path.name)
    _check_parameters(cells, path.name)
    _check_points(cells, path.name)
    return Source(path.stem, version, cells)


def instructor_notebook(source: Source) -> str:
    """The instructor edition as the text of an ``.ipynb`` file: no outputs, no times, derived cell ids."""
    notebook = nbformat.v4.new_notebook(
        cells=[_notebook_cell(cell, id_) for cell, id_ in zip(source.cells, cell_ids(source.cells))],
        metadata={
            "course_version": source.version,
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    return notebook_text(notebook)


def notebook_text(notebook: nbformat.NotebookNode) -> str:
    """The one way a notebook is written: sorted keys, one blank of indentation, a newline at the end."""
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def cell_ids(cells: Sequence[Cell]) -> list[str]:
    """The ``grade_id`` where there is one, else the position."""
    return [cell.grade_id or f"cell-{i:03}" for i, cell in enumerate(cells)]


def _read_cells(text: str, file: str) -> Iterator[Cell]:
    lines = text.split("\n")
    starts = _headers(lines, file)
    ends = [*starts[1:], len(lines)]
    read = _jupytext_cells(text, file)
    if len(read) != len(starts):
        swallowed = (e for s, e, cell in zip(starts, ends, read) if cell.source.count("\n") >= e - s - 1)
        raise BuildError(
            f"{file}:{next(swallowed, 0) + 1}: {len(starts)} lines start a cell, jupytext reads {len(read)} cells.",
            do="begin the text with a `# %%` line, and leave no `# %%` inside a string",
        )
    for start, end, cell in zip(starts, ends, read):
        yield _read_cell(cell, start, lines[start + 1 : end], file)


def _jupytext_cells(text: str, file: str) -> list[nbformat.NotebookNode]:
    try:
        return jupytext.reads(text, fmt="py:percent").cells
    except Exception as problem:
        reason = str(problem).strip().splitlines()[0]
        raise BuildError(
            f"{file}:1: jupytext cannot read this text.",
            found=f"{type(problem).__name__}: {reason}",
            do='look at the keys on the `# %%` lines; tags are a list: tags=["parameters"]',
        ) from None


def _headers(lines: Sequence[str], file: str) -> list[int]:
    """Positions of the lines that start a cell."""
    starts = []
    for i, line in enumerate(lines):
        if _HEADER.fullmatch(line):
            starts.append(i)
        elif _NEARLY_HEADER.fullmatch(line):
            raise BuildError(f"{file}:{i + 1}: this looks like the start of a cell.", expected="`# %%`", found=line)
        if found := _PLACEHOLDER.search(line):
            raise BuildError(f"{file}:{i + 1}: {found[0]} stands for nothing.", expected=VERSION_PLACEHOLDER)
    return starts


def _read_cell(read: nbformat.NotebookNode, start: int, body: list[str], file: str) -> Cell:
    def where(position: int) -> str:
        return f"{file}:{start + 2 + position}"

    header = f"{file}:{start + 1}"
    kind, options = read.cell_type, dict(read.metadata)
    options.pop("lines_to_next_cell", None)
    if kind not in ("code", "markdown"):
        raise BuildError(f"{header}: a {kind} cell.", expected="`# %%` or `# %% [markdown]`")
    source_lines = read.source.split("\n")
    if len(source_lines) != len("\n".join(body).rstrip().split("\n")):
        raise BuildError(f"{header}: jupytext reads another number of lines than the file has.")
    role, tags, grade_id, points = _read_options(options, kind, header)
    regions = find_regions(source_lines, where)
    cell = Cell(start + 1, kind, read.source, regions, tags, role, grade_id, points)
    _check_regions(cell, header)
    if kind == "markdown":
        _check_markdown(body, where)
    else:
        _check_code(cell, body, where)
    return cell


def _read_options(options: dict, kind: str, where: str) -> tuple[str, tuple[str, ...], str, float]:
    """Role, tags, grade_id and points from the keys on the cell's first line."""
    tags = options.pop("tags", [])
    points = options.pop("points", None)
    role = next((name for name in ROLES if name in options), "")
    value = options.pop(role, None)
    if options:
        raise BuildError(
            f"{where}: unknown on a cell's first line: {', '.join(options)}.",
            expected="tags, points, and one of " + ", ".join(ROLES),
        )
    if not role:
        if points is not None:
            raise BuildError(f"{where}: points on a cell that is not graded.")
        return "", tuple(tags), "", 0
    rule = ROLES[role]
    if kind != rule.kind:
        raise BuildError(f"{where}: {role} belongs on a {rule.kind} cell.")
    if not isinstance(value, str) or not _GRADE_ID.fullmatch(value):
        raise BuildError(f"{where}: not a name: {value!r}.", expected=f'{role}="small_letters-1"')
    if rule.grade != (points is not None):
        raise BuildError(f"{where}: a {role} cell has {'no ' if rule.grade else ''}points.")
    if rule.grade and (isinstance(points, bool) or not isinstance(points, int | float) or points <= 0):
        raise BuildError(f"{where}: points must be a number over 0.", found=repr(points))
    return role, tuple(tags), value + rule.suffix, points or 0


def _check_regions(cell: Cell, where: str) -> None:
    wanted = ROLES[cell.role].region if cell.role else ""
    for region in cell.regions:
        if region.kind != wanted:
            place = f"a {cell.role} cell" if cell.role else "an ordinary cell"
            raise BuildError(f"{where}: {region.kind} is marked in {place}, which would publish it or fail.")
    if wanted and not cell.regions:
        raise BuildError(f"{where}: a {cell.role} cell without `### BEGIN {wanted}` and `### END {wanted}`.")


def _check_markdown(body: Sequence[str], where) -> None:
    for i, line in enumerate(body):
        if line.strip() and not line.startswith("# ") and line != "#":
            raise BuildError(f"{where(i)}: a line of text that does not begin with `# `.", found=line)


def _check_code(cell: Cell, body: Sequence[str], where) -> None:
    """Both editions must be Python, and markers must be comments, not part of a string."""
    _parse(body, where, "this cell")
    left = without_regions(body, cell.regions, "raise NotImplementedError()")
    _parse(left, lambda _: where(-1), "what students get of this cell")
    comments = {
        token.start[0] - 1
        for token in tokenize.generate_tokens(io.StringIO("\n".join(body) + "\n").readline)
        if token.type == tokenize.COMMENT
    }
    for region in cell.regions:
        for position in (region.begin, region.end):
            if position not in comments:
                raise BuildError(f"{where(position)}: a marker inside a string.")
    if cell.role == "graded":
        for i, line in enumerate(left):
            if line.strip() and not line.startswith("#"):
                raise BuildError(
                    f"{where(body.index(line))}: code outside of the hidden tests of a graded cell.",
                    do="move it between the markers; students see one comment line",
                    found=left[i],
                )


def _parse(lines: Sequence[str], where, what: str) -> None:
    try:
        ast.parse("\n".join(lines))
    except SyntaxError as problem:
        place = where((problem.lineno or 1) - 1)
        raise BuildError(f"{place}: {what} is not Python: {problem.msg}.") from None


def _check_ids(cells: Sequence[Cell], file: str) -> None:
    seen: dict[str, int] = {}
    for cell, id_ in zip(cells, cell_ids(cells)):
        if id_ in seen:
            raise BuildError(f"{file}:{cell.line}: {id_} is already the id of the cell at line {seen[id_]}.")
        seen[id_] = cell.line


def _check_parameters(cells: Sequence[Cell], file: str) -> None:
    places = [cell.line for cell in cells if "parameters" in cell.tags]
    if len(places) != 1:
        raise BuildError(
            f"{file}:{places[1] if places else 1}: {len(places)} cells have the tag parameters.",
            expected='exactly one `# %% tags=["parameters"]`',
        )


def _check_points(cells: Sequence[Cell], file: str) -> None:
    """An exercise's header must say what its graded cells add up to."""
    place, promised, graded = "", 0.0, 0.0
    for cell in cells:
        if cell.kind == "markdown":
            for where, points in _exercise_headers(cell, file):
                _check_sum(place, promised, graded)
                place, promised, graded = where, points, 0.0
        if cell.points and not place:
            raise BuildError(f"{file}:{cell.line}: a graded cell before the first exercise.")
        graded += cell.points
    _check_sum(place, promised, graded)


def _check_sum(place: str, promised: float, graded: float) -> None:
    if promised != graded:
        raise BuildError(f"{place}: the header says {promised:g} points, its cells have {graded:g}.")


def _exercise_headers(cell: Cell, file: str) -> Iterator[tuple[str, float]]:
    for i, line in enumerate(cell.lines):
        if not _NEARLY_EXERCISE.match(line):
            continue
        where = f"{file}:{cell.line + 1 + i}"
        match = _EXERCISE.fullmatch(line)
        if not match:
            raise BuildError(
                f"{where}: not an exercise header.",
                expected="### Exercise 2 · Freeze the backbone · ●●○ · 4 points · 10 min",
                found=line,
            )
        yield where, float(match[3])


def _notebook_cell(cell: Cell, id_: str) -> nbformat.NotebookNode:
    metadata: dict = {}
    tags = list(cell.tags)
    if cell.role:
        metadata["nbgrader"] = _nbgrader_metadata(cell)
        if cell.kind == "code":
            tags.append("raises-exception")  # an unsolved exercise does not stop "Run All"
    if tags:
        metadata["tags"] = tags
    new = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
    return new(cell.source, id=id_, metadata=metadata)


def _nbgrader_metadata(cell: Cell) -> dict:
    role = ROLES[cell.role]
    metadata = {
        "grade": role.grade,
        "grade_id": cell.grade_id,
        "locked": role.locked,
        "schema_version": 3,
        "solution": role.solution,
        "task": False,
    }
    return {**metadata, "points": cell.points} if role.grade else metadata
