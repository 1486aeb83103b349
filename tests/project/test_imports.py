"""Who imports whom (the contracts of pyproject.toml), and that importing has no side effect and costs little."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import ROOT

PACKAGE = ROOT / "course_utils"
FILES = {
    ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p
    for p in PACKAGE.rglob("*.py")
}
MODULES = sorted(FILES)
LINT = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", "pyproject.toml"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(LINT, cwd=folder, capture_output=True, text=True)


def test_the_contracts_are_kept():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


def test_the_contracts_notice_what_they_forbid(tmp_path):
    """A late import upwards, torch where the grader is, a circle in one room, and a module without a place."""
    shutil.copytree(
        PACKAGE, tmp_path / "course_utils", ignore=shutil.ignore_patterns("assets", "__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def append(module: str, text: str) -> None:
        with open(tmp_path / "course_utils" / module, "a", encoding="utf-8") as file:
            file.write(text)

    append("data/images.py", "\ndef late():\n    from course_utils.models import build_model\n")
    append("values.py", "\nimport torch\n")
    append("data/inspection.py", "\nimport course_utils.data.loading\n")
    append("data/images.py", "\nimport course_utils.data.inspection\n")
    append("stray.py", '"""Nobody knows where this belongs."""\n')
    said = lint_imports(tmp_path).stdout
    for broken in (
        "course_utils.data.images -> course_utils.models",
        "course_utils.values -> torch",
        "cyclic",
        "stray",
    ):
        assert broken in said, said


# Imported where they are needed: they take long, or may be missing.
HEAVY_OR_OPTIONAL = {"IPython", "huggingface_hub", "ipywidgets", "nbconvert", "papermill", "timm"}
LATE_ELSEWHERE = {
    "course_utils.cli": "the help must come at once",
    "course_utils.data.sources": "torchvision takes as long as torch, and only a download needs it",
    "course_utils.authoring.preflight": "torch takes longer than all that is looked at first",
    "course_utils.authoring.release": "a grader reads the released cells by it, and does without torch",
    "course_utils.authoring.running": "torch takes longer than a small notebook",
    "course_utils.doctor": "what it looks at may be missing",
    "course_utils.grading.sandbox": "imports on behalf of the kernels that are forked",
    "course_utils.models.cost": "the counter takes half a second",
}


def late_imports(path: Path) -> Iterator[str]:
    """What a file imports inside of functions."""
    functions = [
        n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)
    ]
    for node in (node for function in functions for node in ast.walk(function)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("module", MODULES)
def test_imports_stand_at_the_top(module):
    if not module.startswith(tuple(LATE_ELSEWHERE)):
        assert {name.partition(".")[0] for name in late_imports(FILES[module])} <= HEAVY_OR_OPTIONAL


# Run in a fresh interpreter: other people's packages first, then ours under an audit hook that lets
# no file be written, no folder be made, no connection be opened and no process be started.
OTHERS = """
import IPython.display, jupytext, matplotlib.pyplot, nbformat, nbgrader.converters, nbgrader.utils
import numpy, PIL.Image, safetensors.torch, torch, torch.hub, torchvision.datasets
import torchvision.models, tqdm.auto, typer
def state():
    return torch.get_num_threads(), torch.initial_seed(), dict(matplotlib.rcParams)
"""
NO_OTHERS = "def state(): pass"
WATCHED = """
import sys, importlib
FORBIDDEN = {
    "os.mkdir", "os.rename", "os.remove", "os.putenv", "os.system", "subprocess.Popen",
    "socket.connect", "socket.getaddrinfo",
}
def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if (writes or event in FORBIDDEN) and "__pycache__" not in str(args):
        raise RuntimeError(f"side effect of an import: {event} {args}")
before = state()
sys.addaudithook(watch)
for module in sys.argv[1:]:
    importlib.import_module(module)
assert before == state()
"""


def watched(*modules: str, others: str = OTHERS, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", others + WATCHED, *modules]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


@pytest.mark.slow
def test_importing_has_no_side_effect():
    result = watched(*MODULES)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "deed",
    ["open('trace', 'w').close()", "import os; os.mkdir('trace')", "import os; os.system('')"],
)
def test_the_watch_notices_a_side_effect(tmp_path, deed):
    (tmp_path / "sinner.py").write_text(deed)
    result = watched("sinner", others=NO_OTHERS, cwd=tmp_path)
    assert "side effect of an import" in result.stderr
    assert not (tmp_path / "trace").exists()


@pytest.mark.slow
def test_importing_the_package_costs_little_more_than_torch():
    code = (
        "import time, torch\n"
        "start = time.process_time()\n"
        "import course_utils\n"
        "print(time.process_time() - start)"
    )
    costs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        for _ in range(2)
    ]
    assert min(costs) < 0.3


def test_the_command_starts_without_torch():
    code = "import sys, course_utils.cli; print('torch' in sys.modules, 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == [
        "False",
        "False",
    ]


@pytest.mark.parametrize(
    "room, without",
    [
        pytest.param("course_utils.data", "torchvision", marks=pytest.mark.slow),
        ("course_utils.authoring.at_once", "torch"),  # each notebook that runs has such a process
        ("course_utils.course.notebookfile", "lark"),  # of jsonschema's: a second
    ],
)
def test_is_imported_without(room, without):
    code = f"import sys, {room}; print({without!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
