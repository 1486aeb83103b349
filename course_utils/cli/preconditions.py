"""What commands need first: the course folder, installed packages, names; and the exit codes."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import typer

from course_utils.course.names import complete_name, released_names
from course_utils.errors import EnvironmentProblem

FAILED, ENVIRONMENT = 1, 3
# Of data and weights; a folder of such a name is ./small.
KEYWORDS = ("auto", "cartoons", "cifar10", "hotdog", "small", "imagenet", "none")
TOO_ODD = "%?{}"  # in a path: what SQLAlchemy and papermill take for something else


def find_course_folder() -> Path | None:
    """The folder with ``nbgrader_config.py`` and ``solutions``: here or above."""
    here = Path.cwd()
    wanted = ("nbgrader_config.py", "solutions")
    return next((p for p in (here, *here.parents) if all((p / w).exists() for w in wanted)), None)


def course_folder() -> Path:
    """Like :func:`find_course_folder`.

    Raises:
        EnvironmentProblem: if there is none.
    """
    found = find_course_folder()
    if found is None:
        raise EnvironmentProblem(
            "this is not the course folder.",
            expected="a folder with nbgrader_config.py and solutions/, here or above",
            found=str(Path.cwd()),
            do="change into your copy of the course",
        )
    if odd := sorted(set(TOO_ODD) & set(str(found))):
        raise EnvironmentProblem(
            "the path of this course folder has a character that its tools take for something else.",
            expected=f"a path without {' '.join(TOO_ODD)}",
            found=f"{' '.join(odd)} in {found}",
            do="rename or move the folder",
        )
    return found


def need(*packages: str) -> None:
    """Check that packages are installed.

    Raises:
        EnvironmentProblem: naming those that are not.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise EnvironmentProblem(
            f"not installed: {', '.join(missing)}.", do="pip install -r requirements.txt"
        )


def named_assignment(root: Path, beginning: str) -> str:
    """The one notebook that is called so, or whose name begins so.

    Raises:
        typer.BadParameter: if there is none, or several.
    """
    try:
        return complete_name(beginning, released_names(root))
    except LookupError as problem:
        raise typer.BadParameter(str(problem)) from None


def absolute(source: str) -> str:
    """Notebooks run in a folder of their own, so a path must not depend on where we are."""
    if source in KEYWORDS:
        return source
    path = os.path.expanduser(source)
    return os.path.realpath(path) if os.path.exists(path) else source
