"""Whose code it is that runs: a notebook's or a library's, and for whom a library starts something."""

from __future__ import annotations

import os
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType

_STDLIB = Path(sysconfig.get_paths()["stdlib"])
_SITE = Path(str(find_spec("torch").origin)).resolve().parents[1]  # type: ignore[union-attr]  # it is installed
# Where code lies that is not a student's.
LIBRARIES = (str(Path(__file__).resolve().parents[1]), str(_SITE), str(_STDLIB), "<frozen")
# What starts processes and threads for whoever calls it, and never on its own account.
ON_REQUEST = (
    "<frozen os>",
    *(str(_STDLIB / file) for file in ("os.py", "pty.py", "subprocess.py", "threading.py")),
    *(str(_STDLIB / folder) + os.sep for folder in ("asyncio", "concurrent", "multiprocessing")),
    *(str(_SITE / folder) + os.sep for folder in ("IPython", "ipykernel", "pexpect", "ptyprocess")),
    str(_SITE / "torch" / "multiprocessing") + os.sep,
)


def in_a_library(code: CodeType) -> bool:
    """Whether this is code of Python, of an installed package or of this one; not of a notebook."""
    return code.co_filename.startswith(LIBRARIES)


def in_the_course(code: CodeType) -> bool:
    """Whether this is code of this package."""
    return code.co_filename.startswith(LIBRARIES[0])


def asked_by_a_notebook(frame: FrameType | None) -> bool:
    """Whether a notebook's code wants what is called in ``frame``, itself or by what does it on request.

    A library that does it on its own account, such as a ``DataLoader`` with workers, is not a notebook.
    """
    while frame and frame.f_code.co_filename.startswith(ON_REQUEST):
        frame = frame.f_back
    return frame is None or not in_a_library(frame.f_code)
