"""Who imports whom, and that importing has no side effect and costs little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from courses import ROOT

PACKAGE = ROOT / "course_utils"
FILES = {
    p: ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for p in PACKAGE.rglob("*.py")
}
MODULES = sorted(FILES.values())

# From the bottom to the top: a part may import what stands above it in this list, never below.
LAYERS = {
    "checks": "exercises are checked with the library, never the reverse",
    "notebook": "set-up of a notebook",
    "authoring": "build and release",
    "grading": "many submissions, each in a sandbox",
    "doctor": "what is missing",
    "cli": "the command line",
}
TOOLS = {"nbgrader", "papermill", "jupytext", "nbconvert", "nbformat", "nbclient", "traitlets"}
NOTEBOOK_ONLY = {"IPython", "ipywidgets"}


def part(module: str) -> str:
    """``course_utils.checks.core`` belongs to ``checks``."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> set[str]:
    """Every module that a file imports, inside of functions too; our names count as modules."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module)
            found |= {
                f"{node.module}.{alias.name}"
                for alias in node.names
                if node.module.startswith("course_utils")
            }
    return found


IMPORTS = {FILES[p]: imports(p) for p in FILES}


def users(of: set[str]) -> set[str]:
    """Parts of the package that import one of these outside packages."""
    return {part(m) for m, imported in IMPORTS.items() if {i.split(".")[0] for i in imported} & of}


def parts_imported(by: str) -> set[str]:
    inside = {
        part(i)
        for m, imported in IMPORTS.items()
        if part(m) == by
        for i in imported
        if i.startswith("course_utils.")
    }
    return inside - {by, "__version__"}


def test_the_test_sees_imports():
    assert {"data", "training", "checks", "plots", "cli"} <= {part(m) for m in MODULES}
    assert {"errors", "authoring"} <= parts_imported("cli")  # the second inside of functions
    assert "authoring" in users({"nbgrader"})


@pytest.mark.parametrize("library", sorted({part(m) for m in MODULES} - set(LAYERS)))
def test_the_library_does_not_know_who_uses_it(library):
    assert not parts_imported(library) & set(LAYERS)


@pytest.mark.parametrize("position, user", list(enumerate(LAYERS)))
def test_users_of_the_library_are_in_layers(position, user):
    assert not parts_imported(user) & set(list(LAYERS)[position + 1 :])


def test_plots_draw_what_they_are_given():
    assert parts_imported("plots") <= {"analysis", "data", "errors", "training"}


@pytest.mark.parametrize(
    "learning",
    ["analysis", "data", "models", "training", "zoo"],
)
def test_learning_knows_neither_notebooks_nor_figures(learning):
    assert not parts_imported(learning) & {"plots", "widgets"}
    assert learning not in users({"matplotlib", *NOTEBOOK_ONLY, *TOOLS})


def test_tools_are_imported_only_by_those_who_need_them():
    assert users(TOOLS) <= {"authoring", "grading", "course", "doctor"}
    assert users({"dask", "distributed", "filelock"}) == {"grading"}
    assert users(NOTEBOOK_ONLY) <= {"plots", "notebook", "course", "widgets", "values", "tables"}
    assert users({"typer"}) == {"cli"}


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
