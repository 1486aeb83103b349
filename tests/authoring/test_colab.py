"""Colab: the link, the first cell, and notebooks that need none of the instructors' tools."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from courses import ROOT, make_course, read
from IPython.core.inputtransformer2 import TransformerManager

from course_utils.authoring import handout, release
from course_utils.authoring.colab import notebook_address, wheel_address
from course_utils.authoring.configuration import colab_repository, course_version
from course_utils.errors import BuildError

pytestmark = pytest.mark.slow

REPOSITORY = "somebody/course-handout"


def on_colab(folder, repository: str = REPOSITORY):
    """The sample course with the setting."""
    course = make_course(folder)
    project = course / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    assert 'colab = ""' in text
    project.write_text(text.replace('colab = ""', f'colab = "{repository}"'), encoding="utf-8")
    return course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = on_colab(tmp_path_factory.mktemp("colab") / "course")
    shutil.copytree(
        ROOT / "course_utils", folder / "course_utils", ignore=shutil.ignore_patterns("__pycache__")
    )
    release.build(folder)
    return folder


@pytest.mark.parametrize("edition", ["solutions", "notebooks"])
def test_a_link_stands_below_the_title_and_the_first_code_cell_installs(course, edition):
    title, install, parameters = read(course, edition).cells[:3]
    heading, _, link = title.source.split("\n")[:3]
    assert heading.startswith("# A sample chapter")
    assert link == f"[Open in Colab]({notebook_address(REPOSITORY, '90_sample')})"
    assert install.cell_type == "code" and "Runtime > Change runtime type" in install.source
    assert parameters.metadata.tags == ["parameters"]


def test_nothing_is_said_where_the_setting_is_empty():
    assert colab_repository(ROOT) == ""
    for path in (ROOT / "notebooks").glob("*/*.ipynb"):
        assert "colab.research" not in path.read_text(encoding="utf-8")


def test_the_hand_out_is_the_repository_that_colab_opens(course, tmp_path):
    folder = tmp_path / "handout"
    made = {p.relative_to(folder).as_posix() for p in handout.make_handout(course, folder)}
    branch = f"https://github.com/{REPOSITORY}/raw/main/"
    assert wheel_address(REPOSITORY, course_version(ROOT)).removeprefix(branch) in made
    link = notebook_address(REPOSITORY, "90_sample")
    assert link.partition("/blob/main/")[2] in made
    assert link in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("there", [False, True])
def test_the_cell_installs_the_wheel_alone_and_only_where_it_is_missing(course, monkeypatch, there):
    said = []
    shell = SimpleNamespace(run_line_magic=lambda *words: said.append(words))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if there else None)
    source = TransformerManager().transform_cell(read(course, "notebooks").cells[1].source)
    exec(source, {"get_ipython": lambda: shell})
    wheel = wheel_address(REPOSITORY, course_version(ROOT))
    assert said == ([] if there else [("pip", f"install --quiet --no-deps {wheel}")])


@pytest.mark.parametrize("name", ["course-handout", "https://github.com/a/b", "a/b/tree/main", "a/b c"])
def test_a_setting_that_is_no_repository_is_refused(tmp_path, name):
    with pytest.raises(BuildError, match="is not the name of a repository"):
        release.read_sources(on_colab(tmp_path / "course", name))


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
