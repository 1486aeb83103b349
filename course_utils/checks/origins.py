"""Whose code it is that runs: a notebook's or a library's, and for whom a library starts something."""

from __future__ import annotations

import os
import site
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType


def _both_ways(*folders: Path) -> tuple[str, ...]:
    """As Python reaches them, perhaps through links (``lib64``), and where they lie; each with a slash."""
    ways = (str(way) + os.sep for folder in folders for way in (folder.absolute(), folder.resolve()))
    return tuple(dict.fromkeys(ways))


_TORCH = Path(str(find_spec("torch").origin))  # type: ignore[union-attr]  # it is installed
_STDLIB = _both_ways(Path(sysconfig.get_paths()["stdlib"]))
_SITE = _both_ways(_TORCH.parents[1], *map(Path, site.getsitepackages()))
COURSE = _both_ways(Path(__file__).parents[1])
LIBRARIES = (*COURSE, *_SITE, *_STDLIB, "<frozen")  # where code lies that is not a student's
# What starts processes and threads for whoever calls it, and never on its own account.
ON_REQUEST = (
    "<frozen os>",
    *(lib + file for lib in _STDLIB for file in ("os.py", "pty.py", "subprocess.py", "threading.py")),
    *(lib + folder + os.sep for lib in _STDLIB for folder in ("asyncio", "concurrent", "multiprocessing")),
    *(lib + folder + os.sep for lib in _SITE for folder in ("IPython", "ipykernel", "pexpect", "ptyprocess")),
    *(os.path.join(lib, "torch", "multiprocessing") + os.sep for lib in _SITE),
)


def in_a_library(code: CodeType) -> bool:
    """Whether this is code of Python, of an installed package or of this one; not of a notebook."""
    return code.co_filename.startswith(LIBRARIES)


def in_the_course(code: CodeType) -> bool:
    """Whether this is code of this package."""
    return code.co_filename.startswith(COURSE)


def by_a_notebook(frame: FrameType) -> bool:
    """Whether a notebook's own code runs in ``frame``."""
    return not in_a_library(frame.f_code)


def asked_by_a_notebook(frame: FrameType | None) -> bool:
    """Whether a notebook's code wants what is called in ``frame``, itself or by what does it on request.

    A library that does it on its own account, such as a ``DataLoader`` with workers, is not a notebook.
    """
    while frame and frame.f_code.co_filename.startswith(ON_REQUEST):
        frame = frame.f_back
    return frame is None or not in_a_library(frame.f_code)
