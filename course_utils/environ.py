"""Environment variables: set for a while, and whether nbgrader runs this notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set variables for the programs that are started inside, and put the old values back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def path_with_our_programs() -> str:
    """PATH with this Python's own programs first, as in an activated environment."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def is_grading() -> bool:
    """Whether nbgrader is running this notebook (it sets ``NBGRADER_EXECUTION``)."""
    return "NBGRADER_EXECUTION" in os.environ
