"""The way into Colab: a link below a notebook's title, and a first cell that installs the package."""

from __future__ import annotations

import re
from dataclasses import replace

from course_utils.authoring.cells import Cell
from course_utils.authoring.source import Source
from course_utils.errors import BuildError

_REPOSITORY = re.compile(r"[\w-]+/[\w.-]+")
# Colab has all that the package needs (googlecolab/backend-info, pip-freeze.gpu.txt), and its torch
# fits its drivers: hence no dependencies.
CELL = """\
# For Colab: installs the course's package where it is missing. On your own computer this does nothing.
# A GPU: menu Runtime > Change runtime type > T4 GPU, before you run anything.
import importlib.util

if importlib.util.find_spec("course_utils") is None:
    %pip install --quiet --no-deps {wheel}"""


def with_colab(source: Source, repository: str) -> Source:
    """The text with the link and the cell.

    Args:
        repository: ``owner/name`` of the public GitHub repository whose branch ``main`` holds what
            `course handout` made; nothing is added where it is empty.

    Raises:
        BuildError: if ``repository`` is something else.
    """
    if not repository:
        return source
    title, *rest = source.cells
    first, below, text = title.source.partition("\n")
    linked = f"{first}\n\n[Open in Colab]({notebook_address(repository, source.name)}){below}{text}"
    cell = Cell(
        title.file, title.line, "code", CELL.format(wheel=wheel_address(repository, source.version)), ()
    )
    return replace(source, cells=(replace(title, source=linked), cell, *rest))


def notebook_address(repository: str, name: str) -> str:
    """Where Colab opens a notebook of the hand-out."""
    return f"https://colab.research.google.com/github/{_checked(repository)}/blob/main/notebooks/{name}/{name}.ipynb"


def wheel_address(repository: str, version: str) -> str:
    """Where the hand-out's wheel is downloaded from."""
    return f"https://github.com/{_checked(repository)}/raw/main/course_utils-{version}-py3-none-any.whl"


def _checked(repository: str) -> str:
    if not _REPOSITORY.fullmatch(repository):
        raise BuildError(
            "pyproject.toml: the setting colab is not the name of a repository.",
            expected='colab = "owner/name", as in https://github.com/owner/name; or "" for none',
            found=repr(repository),
        )
    return repository
