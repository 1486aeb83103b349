"""Wheels of everything that a hand-out needs, for rooms without a network."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from course_utils.errors import BuildError

FOLDER = "wheels"
README = """
## Without a network

`wheels` holds everything for this system, {system}, and Python {python}; on such a machine install with

    .venv/bin/python -m pip install --no-index --find-links wheels -r requirements.txt

in the place of the second line, and leave the line for machines without an NVIDIA card out.
"""


def download_wheels(handout: Path) -> str:
    """Put the wheels of all requirements of a hand-out into its folder ``wheels``.

    They are for this system and this Python, and come from where pip is told to look, for example by
    ``PIP_EXTRA_INDEX_URL``.

    Returns:
        What the hand-out's README says of them.

    Raises:
        BuildError: if pip does not find them all, as wheels.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    command += ["--dest", FOLDER, "--requirement", "requirements.txt"]
    result = subprocess.run(command, cwd=handout, capture_output=True, text=True)
    if result.returncode:
        full = os.strerror(errno.ENOSPC) in result.stderr
        raise BuildError(
            "the wheels for --offline cannot be downloaded.",
            expected=f"every line of {handout / 'requirements.txt'} as a wheel for this system and Python",
            found=_what_pip_says(result.stderr),
            do="make room (with CUDA they take some 3 GB)" if full
            else "run it where pip reaches its index, or leave --offline out",
        )  # fmt: skip
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return README.format(system=sysconfig.get_platform(), python=python)


def _what_pip_says(text: str) -> str:
    """Its errors, without its attempts and advice; all of it where it calls nothing an error."""
    errors = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    return " ".join(errors) or text.strip()
