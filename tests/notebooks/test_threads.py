"""Threads that wait must sleep wherever a notebook is opened: spinning ones stop a machine that has other work."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest
from courses import CHAPTERS, ROOT, read

BOTH = pytest.mark.parametrize("edition", ["solutions", "notebooks"])


def opening(edition: str, chapter: str) -> str:
    """The cells of a notebook up to the one that sets it up, without its call of ``start``."""
    code = [cell.source for cell in read(ROOT, edition, chapter).cells if cell.cell_type == "code"]
    last = next(i for i, source in enumerate(code) if "start(" in source)
    return "\n".join([*code[:last], code[last].partition("session =")[0]])


@BOTH
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_notebook_says_so_before_anything_loads_torch(edition, chapter):
    body = ast.parse(opening(edition, chapter)).body
    said = next(i for i, line in enumerate(body) if "OMP_WAIT_POLICY" in ast.unparse(line))
    names = [n.name for line in body[:said] for n in getattr(line, "names", [])]
    names += [line.module for line in body[:said] if isinstance(line, ast.ImportFrom)]
    assert set(names) <= {"os", "time", "copy", "deepcopy", "dataclasses", "replace"}


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's runtime tells its settings")
@pytest.mark.slow
def test_the_runtime_takes_it(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    told = subprocess.run(
        [sys.executable, "-c", opening("notebooks", "03_resnet18_finetune")],
        env=os.environ | {"OMP_DISPLAY_ENV": "true"}, capture_output=True, text=True, check=True,
    ).stderr
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in told


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's runtime tells its settings")
@pytest.mark.slow
def test_the_command_line_says_so_too(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    told = subprocess.run(
        [sys.executable, "-m", "course_utils.cli", "doctor"],
        env=os.environ | {"OMP_DISPLAY_ENV": "true"}, capture_output=True, text=True,
    ).stderr
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in told
