"""The files around the package: pins, Makefile, CI, and what each module says it is."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from courses import ROOT

from course_utils.authoring.handout import pins

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = pins(ROOT / "requirements.txt")
EXTRAS = PROJECT["optional-dependencies"]
PEERS = EXTRAS["peers"]  # for one benchmark alone, so neither pinned nor installed by default
DIRECT = [
    *PROJECT["dependencies"],
    *(d for extra in EXTRAS.values() if extra is not PEERS for d in extra),
]
MODULES = sorted((ROOT / "course_utils").rglob("*.py"))
HAS_MAKE = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def name(requirement: str) -> str:
    return re.split(r"[<>=\[ ]", requirement)[0]


def release(text: str) -> tuple[int, ...]:
    """``2.15.0+cpu`` as numbers: the build does not matter."""
    return tuple(int(n) for n in re.findall(r"\d+", text.partition("+")[0]))


def make(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Run make as from a shell, also where make is running these tests."""
    told = ("MAKE", "MFLAGS", "VENV", "PYTHON", "BUDGET", "DATA", "WEIGHTS", "ARGS")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(told)}
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True)


def test_every_direct_dependency_is_pinned_and_nothing_else():
    assert set(PINS) == {name(d) for d in DIRECT}


@pytest.mark.parametrize("requirement", DIRECT)
def test_a_pin_satisfies_the_lower_bound(requirement):
    assert release(PINS[name(requirement)]) >= release(requirement.partition(">=")[2])


def test_torch_and_torchvision_belong_together():
    assert (PINS["torch"], PINS["torchvision"]) == ("2.15.0", "0.29.2")


@pytest.mark.pinned
@pytest.mark.parametrize("package", PINS)
def test_the_pins_are_what_is_tested(package):
    assert release(version(package)) == release(PINS[package])


@pytest.mark.parametrize(
    "file, pattern, expected",
    [
        ("pyproject.toml", r'^  "[\w-]+>=.*', [*DIRECT, *PEERS]),
        ("requirements.txt", r"^[\w-]+==.*", DIRECT),
    ],
)
def test_every_dependency_has_its_reason(file, pattern, expected):
    lines = re.findall(pattern, (ROOT / file).read_text(encoding="utf-8"), re.M)
    assert len(lines) == len(expected)
    for line in lines:
        assert re.search(r"# \S[^#]{5,}", line), line


def test_conda_gets_the_same_pins():
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = content["dependencies"]
    assert conda == ["python=3.12", "pip"]
    assert pip["pip"] == [*(f"{package}=={pin}" for package, pin in PINS.items()), "-e ."]
    assert release(conda[0]) >= release(PROJECT["requires-python"])


@HAS_MAKE
@pytest.mark.parametrize(
    "target, expected",
    [
        (["run"], 'course run --budget "smoke" --data "auto" --weights "auto"'),
        (
            ["run", "BUDGET=cpu", "DATA=a b.zip", "WEIGHTS=small"],
            'run --budget "cpu" --data "a b.zip" --weights "small"',
        ),
        (["run", "ARGS=--seed 1"], '--weights "auto" --seed 1'),
        (["test"], "bin/python -m pytest"),
        (["check"], "bin/ruff check ."),
        (["check"], "bin/ruff format --check ."),
        (["check"], "bin/mypy"),
        (["check"], "bin/course build --check"),
        (
            ["check"],
            'bin/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -m "not slow"',
        ),
        (["lint"], "bin/course build --check"),
        (["lab"], "bin/jupyter lab notebooks"),
        (["build"], "bin/course build"),
    ],
)
def test_make_passes_on_what_it_is_told(tmp_path, target, expected):
    stamp = tmp_path / "venv" / "installed"
    stamp.parent.mkdir()
    stamp.touch()
    os.utime(stamp, (2e9, 2e9))
    lines = make("--dry-run", f"VENV={stamp.parent}", *target).stdout
    assert expected in lines
    assert "pip install" not in lines


@HAS_MAKE
@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_make_installs_again_when_what_is_needed_has_changed(tmp_path, changed):
    for file in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    stamp = tmp_path / ".venv" / "installed"
    stamp.parent.mkdir()
    stamp.touch()
    os.utime(stamp, (2e9, 2e9))
    assert "pip install" not in make("--dry-run", "test", cwd=tmp_path).stdout
    os.utime(tmp_path / changed, (2.1e9, 2.1e9))
    lines = make("--dry-run", "test", cwd=tmp_path).stdout
    for step in ("-m venv .venv", "--requirement requirements.txt", "--editable ."):
        assert step in lines


@HAS_MAKE
def test_make_says_so_when_python_is_too_old(tmp_path):
    old = tmp_path / "old-python"
    guard = "import sys; sys.version_info = (3, 9); exec(sys.argv[1])"
    old.write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -c "{guard}" "$1"\n')
    old.chmod(0o755)
    result = make("test", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert result.returncode and "Python 3.11 or newer is needed" in result.stderr
    assert not (tmp_path / "venv").exists()


def test_ci_makes_a_clean_environment_and_runs_the_tests():
    script = ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n") and "set -euo pipefail" in text
    assert "bubblewrap chromium" in text and "export COURSE_CI=1" in text
    assert text.rstrip().endswith("make lint test VENV=.venv-ci") and "rm -rf .venv-ci" in text
    assert subprocess.run(["bash", "-n", script]).returncode == 0


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_module_opens_with_one_line_that_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not text:
        return
    doc = ast.get_docstring(ast.parse(text))
    first, _, more = (doc or "").partition("\n")
    assert first.endswith(".") and (not more or more.startswith("\n")), doc


def test_git_ignores_what_runs_and_grading_leave_behind():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {
        ".venv*/",
        "runs/",
        "gradebook.db",
        "submitted/",
        "autograded/",
        "feedback/",
        "replaced/",
        "grades/",
    } <= set(ignored)
