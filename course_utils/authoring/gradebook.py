"""nbgrader's gradebook of a course folder, which everything opens here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy.exc import DatabaseError

from course_utils.errors import CourseError

FILE = "gradebook.db"


class GradebookError(CourseError):
    """A gradebook that cannot be read or written."""


@contextmanager
def opened(file: Path) -> Iterator[Gradebook]:
    """A gradebook that is there.

    Raises:
        GradebookError: if its file is damaged, or another program holds it.
    """
    if file.stat().st_size == 0:  # nbgrader would make a new one of it, without any mark
        raise _unusable(file, "an empty file")
    try:
        with Gradebook(f"sqlite:///{file.resolve()}") as gradebook:
            yield gradebook
    except DatabaseError as problem:
        raise _unusable(file, str(problem.orig)) from None


def _unusable(file: Path, found: str) -> GradebookError:
    return GradebookError(
        "the gradebook is damaged or locked.",
        expected="a gradebook of nbgrader, and no other program that writes to it",
        found=f"{found}: {file}",
        do="end what else uses it; else put a backup in its place, or move it away and run `course build`: "
        "the marks of persons are in it alone",
    )
