"""Where the seconds of a run went: for each experiment of a notebook's budget table."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from course_utils.budget import TABLE

SET_UP = "set-up"
READS = re.compile(r"\bplan\.(\w+)")


def by_experiment(executed: Path) -> dict[str, float]:
    """Seconds of the cells of a notebook that papermill has executed, by experiment.

    A cell counts for the experiment whose numbers it reads (``plan.starts.epochs``), and rather for one
    that no cell before has read; a cell that reads none goes on with the experiment before it. What
    comes before the first is ``"set-up"``. Starting the kernel and making the page are not in it.

    Args:
        executed: the notebook; its name is that of its budget table.
    """
    known = set(tomllib.loads(TABLE.read_text(encoding="utf-8")).get(executed.stem, ())) - {"data"}
    current, seconds = SET_UP, {SET_UP: 0.0}
    for cell in json.loads(executed.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        read = [name for name in READS.findall("".join(cell["source"])) if name in known]
        new = [name for name in read if name not in seconds]
        current = next(iter(new + read), current)
        seconds.setdefault(current, 0.0)
        seconds[current] += cell["metadata"].get("papermill", {}).get("duration") or 0.0
    return seconds


def as_row(notebook: str, seconds: Mapping[str, float]) -> str:
    """The line of ``[seconds]`` in ``budgets.toml``: ``01_concepts = { set-up = 9, starts = 131 }``."""
    return f"{notebook} = {{ {', '.join(f'{name} = {value:.0f}' for name, value in seconds.items())} }}"
