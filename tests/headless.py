"""Small notebooks to run headlessly, and what a run leaves behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import nbformat


def write(course: Path, name: str, *cells: str, tags: tuple[str, ...] = ()) -> Path:
    """An instructor edition of a parameters cell and these code cells, below a course folder."""
    (course / "solutions" / name).mkdir(parents=True)
    (course / "nbgrader_config.py").touch()
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    )
    defaults = "budget, data, weights, seed, overrides = 5 * [None]"
    notebook.cells = [nbformat.v4.new_code_cell(defaults, metadata={"tags": ["parameters"]})]
    notebook.cells += [nbformat.v4.new_code_cell(c, metadata={"tags": list(tags)}) for c in cells]
    path = course / "solutions" / name / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def ends(pid: int, seconds: float) -> bool:
    """Whether a process is gone by then: who was killed is there until somebody has taken note."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
