"""Both editions of an assignment, and a key for all that decides a score beside the submission."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import course_utils
from course_utils.authoring.configuration import CONFIG, course_version
from course_utils.errors import CourseError
from course_utils.grading.gradebook import results
from course_utils.grading.sandbox.limits import Limits

PACKAGE = Path(course_utils.__file__).resolve().parent
DECIDES = ("*.py", "*.toml", "released.json")  # files of the package on which a score may depend


class GradingError(CourseError):
    """A batch that cannot be graded as things are."""


@dataclass(frozen=True)
class Editions:
    """What was released of an assignment, what the instructor has, and the key of both."""

    name: str
    release: NotebookNode
    instructor: NotebookNode
    key: str


def read_editions(root: Path, name: str, limits: Limits) -> Editions:
    """Read an assignment as `course build` made it.

    Raises:
        GradingError: if it was not built.
    """
    paths = results.edition_files(root, name)
    for path in paths:
        if not path.exists():
            raise GradingError(
                f"there is no {path.relative_to(root)}.", do="run `course build`, or correct the name"
            )
    key = results.fingerprint(
        course_version(root), results.of_files([*paths, root / CONFIG], root), package_key(), repr(limits)
    )
    release, instructor = (nbformat.read(path, as_version=4) for path in paths)
    return Editions(name, release, instructor, key)


@cache
def package_key() -> str:
    """A key for what this package does to scores."""
    return results.of_files([path for pattern in DECIDES for path in PACKAGE.rglob(pattern)], PACKAGE)
