"""Which names of the notebook are out of date: a cell that was to define them did not run to its end.

Without this, a check after a SyntaxError would pass on the function that an earlier cell left.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from types import FrameType
from typing import NamedTuple

from course_utils.checks.origins import LIBRARIES

_DEFINES = re.compile(r"^(?:def|class)\s+(\w+)|^(\w+)\s*=(?!=)", re.MULTILINE)


class Older(NamedTuple):
    """What an earlier cell made of a name, and what stopped the cell that was to define it anew."""

    value: object
    problem: str


OUTDATED: dict[str, Older] = {}  # by name


class Cells:
    """Notes for each cell that IPython runs which names it leaves as they were."""

    def __init__(self, names: dict):
        self.names = names
        self.before: dict[str, object] = {}

    def begin(self, info) -> None:
        defined = {a or b for a, b in _DEFINES.findall(info.raw_cell or "")}
        self.before = {name: self.names.get(name) for name in defined}

    def end(self, result) -> None:
        problem = result.error_before_exec or result.error_in_exec
        for name, value in self.before.items():
            if problem is not None and self.names.get(name) is value:
                OUTDATED[name] = Older(value, f"{type(problem).__name__}: {problem}")
            else:
                OUTDATED.pop(name, None)


def outdated(names: Mapping[str, object]) -> dict[str, str]:
    """Of these names those that still mean what they did before a cell failed, and what stopped that cell."""
    return {
        name: older.problem
        for name, value in names.items()
        if (older := OUTDATED.get(name)) and older.value is value
    }


def watch_cells() -> None:
    """Note from now on which cells of this notebook fail; outside of IPython there are none."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell is None:
        return
    cells = Cells(shell.user_ns)
    shell.events.register("pre_run_cell", cells.begin)
    shell.events.register("post_run_cell", cells.end)


def notebook_names() -> dict[str, object]:
    """The names of the cell that called us: of the innermost frame outside of all libraries."""
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_code.co_filename.startswith(LIBRARIES):
        frame = frame.f_back
    return frame.f_globals if frame else {}
