"""A cell of a notebook's text: its role for nbgrader and the part of it that students get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import nbformat

from course_utils.authoring.markers import Region, find_regions, inside, without_regions


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

RECORD = "record"  # tag of a cell that holds the text to the record: students do not get it


@dataclass(frozen=True)
class Cell:
    """One cell of a text.

    Attributes:
        file: the text's name, for complaints.
        line: where its ``# %%`` line stands in the file, counted from 1.
        kind: ``"code"`` or ``"markdown"``.
        source: the text as the notebook holds it.
        written: the lines as the file holds them (markdown after ``# ``).
        role: a key of :data:`ROLES`, or empty.
        grade_id: how nbgrader calls it; empty without a role.
        points: what it is worth; 0 for cells that are not graded.
    """

    file: str
    line: int
    kind: str
    source: str
    written: tuple[str, ...]
    tags: tuple[str, ...] = ()
    role: str = ""
    grade_id: str = ""
    points: float = 0

    @property
    def lines(self) -> list[str]:
        return self.source.split("\n")

    @property
    def is_ours(self) -> bool:
        """Whether it is for those who write the course: it stands in no student edition."""
        return RECORD in self.tags

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """The solutions or hidden tests in it."""
        return find_regions(self.lines, self.where)

    def where(self, position: int = -1) -> str:
        """``file:line`` of a line of the cell, or of its ``# %%`` line."""
        return f"{self.file}:{self.line + 1 + position}"

    def secrets(self) -> list[str]:
        """The lines that students must never see."""
        return inside(self.lines, self.regions)

    def student_source(self, code_stub: str, text_stub: str) -> str:
        """What is left of the cell for students."""
        stub = code_stub if self.kind == "code" else text_stub
        return "\n".join(without_regions(self.lines, self.regions, stub))

    def to_notebook(self, id_: str) -> nbformat.NotebookNode:
        """The cell of the instructor edition."""
        metadata: dict = {"nbgrader": self._nbgrader()} if self.role else {}
        # An unsolved exercise must not stop "Run All".
        tags = [*self.tags, *(["raises-exception"] if self.role and self.kind == "code" else [])]
        if tags:
            metadata["tags"] = tags
        new = nbformat.v4.new_code_cell if self.kind == "code" else nbformat.v4.new_markdown_cell
        return new(self.source, id=id_, metadata=metadata)

    def _nbgrader(self) -> dict:
        role = ROLES[self.role]
        metadata = {
            "grade": role.grade,
            "grade_id": self.grade_id,
            "locked": role.locked,
            "schema_version": 3,
            "solution": role.solution,
            "task": False,
        }
        return {**metadata, "points": self.points} if role.grade else metadata


def cell_ids(cells: Sequence[Cell]) -> list[str]:
    """The same ids at every build: the ``grade_id`` where there is one, else the position."""
    return [cell.grade_id or f"cell-{i:03}" for i, cell in enumerate(cells)]
