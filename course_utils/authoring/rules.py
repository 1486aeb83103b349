"""What the cells of a text must keep to; whatever breaks a rule is refused with file and line."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Sequence

from course_utils.authoring.cells import RECORD, ROLES, Cell, cell_ids
from course_utils.authoring.exercises import exercises_in
from course_utils.authoring.markers import without_regions
from course_utils.errors import BuildError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_REASON = re.compile(r"# Why: \S.{15,}")


def check_role(role: str, kind: str, value: object, points: object, where: str) -> None:
    """Refuse a role on the wrong kind of cell, with a name that is none, or with wrong points."""
    if not role:
        if points is not None:
            raise BuildError(f"{where}: points on a cell that is not graded.")
        return
    rule = ROLES[role]
    if kind != rule.kind:
        raise BuildError(f"{where}: {role} belongs on a {rule.kind} cell.")
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise BuildError(f"{where}: not a name: {value!r}.", expected=f'{role}="small_letters-1"')
    if rule.grade != (points is not None):
        raise BuildError(f"{where}: a {role} cell has {'no ' if rule.grade else ''}points.")
    if rule.grade and (isinstance(points, bool) or not isinstance(points, int | float) or points <= 0):
        raise BuildError(f"{where}: points must be a number over 0.", found=repr(points))


def check_cell(cell: Cell) -> None:
    """Refuse a cell with the wrong regions, or whose text does not fit its kind."""
    wanted = ROLES[cell.role].region if cell.role else ""
    for region in cell.regions:
        if region.kind != wanted:
            place = f"a {cell.role} cell" if cell.role else "an ordinary cell"
            raise BuildError(
                f"{cell.where(region.begin)}: {region.kind} is marked in {place}.",
                expected=f"{wanted} there" if wanted else "no marker there",
            )
    if wanted and not cell.regions:
        raise BuildError(f"{cell.where()}: a {cell.role} cell in which no {wanted} is marked.")
    if cell.is_ours and (cell.role or cell.kind == "markdown"):
        raise BuildError(f"{cell.where()}: the tag {RECORD} belongs on a code cell without a role.")
    if cell.kind == "markdown":
        _check_text(cell)
        return
    _check_python(cell)
    if cell.role == "graded":
        _check_graded(cell)


def check_whole(cells: Sequence[Cell], file: str) -> None:
    """Refuse ids that occur twice, another number of parameters cells than one, and wrong sums."""
    _check_ids(cells)
    _check_parameters(cells, file)
    _check_points(cells)


def _check_text(cell: Cell) -> None:
    for i, line in enumerate(cell.written):
        if line.strip() and not line.startswith("# ") and line != "#":
            raise BuildError(f"{cell.where(i)}: a line of text that does not begin with `# `.", found=line)


def _check_python(cell: Cell) -> None:
    """Both editions must be Python, and markers must be comments, not part of a string."""
    _parse(cell.written, cell.where, "this cell")
    left = without_regions(cell.written, cell.regions, "raise NotImplementedError()")
    _parse(left, lambda _: cell.where(), "what students get of this cell")
    text = io.StringIO("\n".join(cell.written) + "\n")
    tokens = tokenize.generate_tokens(text.readline)
    comments = {token.start[0] - 1 for token in tokens if token.type == tokenize.COMMENT}
    for position in (p for region in cell.regions for p in (region.begin, region.end)):
        if position not in comments:
            raise BuildError(f"{cell.where(position)}: a marker inside a string.")


def _check_graded(cell: Cell) -> None:
    """All code of a graded cell is hidden, below the reason why the test exists."""
    begin = cell.regions[0].begin + 1
    if not _REASON.fullmatch(cell.lines[begin]):
        raise BuildError(
            f"{cell.where(begin)}: a hidden test without its reason.",
            expected="# Why: the mistakes that it is there for",
            found=cell.lines[begin],
        )
    for line in without_regions(cell.written, cell.regions, ""):
        if line.strip() and not line.startswith("#"):
            raise BuildError(
                f"{cell.where(cell.written.index(line))}: code outside of the hidden tests.",
                found=line,
                do="move it between the markers; students see one comment line",
            )


def _parse(lines: Sequence[str], where: Callable[[int], str], what: str) -> None:
    try:
        ast.parse("\n".join(lines))
    except SyntaxError as problem:
        place = where((problem.lineno or 1) - 1)
        raise BuildError(f"{place}: {what} is not Python: {problem.msg}.") from None


def _check_ids(cells: Sequence[Cell]) -> None:
    seen: dict[str, int] = {}
    for cell, id_ in zip(cells, cell_ids(cells), strict=True):
        if id_ in seen:
            raise BuildError(f"{cell.where()}: {id_} is already the id of line {seen[id_]}'s cell.")
        seen[id_] = cell.line


def _check_parameters(cells: Sequence[Cell], file: str) -> None:
    tagged = [cell for cell in cells if "parameters" in cell.tags]
    if len(tagged) != 1:
        where = tagged[1].where() if tagged else f"{file}:1"
        raise BuildError(
            f"{where}: {len(tagged)} cells have the tag parameters.",
            expected='exactly one `# %% tags=["parameters"]`',
        )


def _check_points(cells: Sequence[Cell]) -> None:
    """An exercise's header must say what its graded cells add up to."""
    place, promised, graded = "", 0.0, 0.0
    for cell in cells:
        for exercise in exercises_in(cell) if cell.kind == "markdown" else ():
            _check_sum(place, promised, graded)
            place, promised, graded = exercise.where, exercise.points, 0.0
        if cell.points and not place:
            raise BuildError(f"{cell.where()}: a graded cell before the first exercise.")
        graded += cell.points
    _check_sum(place, promised, graded)


def _check_sum(place: str, promised: float, graded: float) -> None:
    if promised != graded:
        raise BuildError(f"{place}: the header says {promised:g} points, its cells have {graded:g}.")
