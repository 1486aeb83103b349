"""Looks into a student edition for what must not be there, without trusting nbgrader."""

from __future__ import annotations

import nbformat

from course_utils.authoring.markers import looks_like_marker
from course_utils.authoring.source import Source
from course_utils.errors import BuildError

TELLING = 24  # characters; a shorter line, like `return loss`, may stand in plain sight as well


def refuse_leaks(source: Source, student: nbformat.NotebookNode, code_stub: str, text_stub: str) -> None:
    """Compare a student edition with what it must be, cell by cell.

    Raises:
        BuildError: if a cell differs from the visible part of its source, a marker is left, or a
            telling line of a solution or hidden test stands anywhere in the notebook.
    """
    given = [cell for cell in source.cells if not cell.is_ours]
    if len(student.cells) != len(given):
        raise BuildError(f"{source.name}: nbgrader released another number of cells than it got.")
    for cell, released in zip(given, student.cells, strict=True):
        if released.source != cell.student_source(code_stub, text_stub):
            raise BuildError(f"{cell.where()}: nbgrader made something else of this cell.")
    visible = {line.strip() for cell in student.cells for line in cell.source.split("\n")}
    for line in visible:
        if looks_like_marker(line):
            raise BuildError(f"{source.name}: a marker is left in the student edition.", found=line)
    for cell in source.cells:
        for line in cell.secrets():
            if len(line.strip()) >= TELLING and line.strip() in visible:
                raise BuildError(
                    f"{cell.where()}: a secret line of this cell stands in the student edition.",
                    found=line.strip(),
                    do="reword the visible one",
                )
