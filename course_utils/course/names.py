"""Which notebook of the course is meant: by its name, or by how that begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from course_utils.errors import CourseError


def complete_name(beginning: str, names: Sequence[str]) -> str:
    """The name that ``beginning`` is, or the only one that it begins: ``03`` for ``03_resnet18_finetune``.

    Raises:
        LookupError: if it begins none of ``names``, or several; its message is a sentence.
    """
    if beginning in names:
        return beginning
    fitting = [name for name in names if name.startswith(beginning)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise LookupError(f"{beginning!r} begins several names: {', '.join(fitting)}")
    raise LookupError(f"{beginning!r} is none of {', '.join(names) or 'no notebooks: run `course build`'}")


def notebooks_in(edition: Path) -> list[Path]:
    """The notebook of each folder of an edition, in order: the one that is called as its folder."""
    return sorted(path for path in edition.glob("*/*.ipynb") if path.stem == path.parent.name)


def released_names(root: Path) -> list[str]:
    """The names of the notebooks that students get, in order."""
    return [path.stem for path in notebooks_in(root / "notebooks")]


def choose_notebooks(root: Path, wanted: Sequence[str]) -> list[Path]:
    """Instructor editions by name or by the beginning of it (``03``); all of them if none is named.

    Raises:
        LookupError: from :func:`complete_name`.
        CourseError: if there is nothing to run.
    """
    present = notebooks_in(root / "solutions")
    if not present:
        raise CourseError("there is no notebook to run.", do="run `course build`")
    if not wanted:
        return present
    by_name = {path.stem: path for path in present}
    names = dict.fromkeys(complete_name(beginning, list(by_name)) for beginning in wanted)
    return [by_name[name] for name in names]
