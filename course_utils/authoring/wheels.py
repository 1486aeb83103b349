"""Wheels of everything that a hand-out needs, for rooms without a network."""

from __future__ import annotations

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
        raise BuildError(
            "the wheels for --offline cannot be downloaded.",
            expected=f"every line of {handout / 'requirements.txt'} as a wheel for this system and Python",
            found=result.stderr.strip(),
            do="run it where pip reaches its index, or leave --offline out",
        )
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return README.format(system=sysconfig.get_platform(), python=python)
