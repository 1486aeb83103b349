"""Course folders made for a test, and what can be done with them."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import nbgrader.api

from course_utils.authoring.release import read_sources
from course_utils.authoring.source import Source
from course_utils.environ import environment, path_with_our_programs

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "tests" / "samples" / "90_sample.py"
CHAPTERS = [text.stem for text in sorted((ROOT / "solutions").glob("*.py"))]
# A program that takes two seconds, once for each new gradebook.
nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)
STUB = 'raise NotImplementedError("replace this line by your answer")'


@functools.cache
def texts() -> dict[str, Source]:
    """The texts of the chapters by name, read once in a process."""
    return {source.name: source for source in read_sources(ROOT)}


def make_course(folder: Path, *texts: Path) -> Path:
    """A course folder with these texts and our configuration, not built yet."""
    (folder / "solutions").mkdir(parents=True)
    for name in ("nbgrader_config.py", "pyproject.toml", "requirements.txt", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for text in texts or (SAMPLE,):
        shutil.copy(text, folder / "solutions")
    return folder


def read(course: Path, edition: str, name: str = "90_sample") -> nbformat.NotebookNode:
    """A notebook of the ``solutions`` or the ``notebooks`` edition."""
    return nbformat.read(course / edition / name / f"{name}.ipynb", as_version=4)


def cell(notebook: nbformat.NotebookNode, id_: str) -> nbformat.NotebookNode:
    return next(c for c in notebook.cells if c.id == id_)


def submit(course: Path, student: str, notebook: nbformat.NotebookNode, name: str = "90_sample") -> None:
    """Hand in a notebook as a student would."""
    folder = course / "submitted" / student / name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def autograde(course: Path, name: str = "90_sample") -> str:
    """Grade every submission with the `nbgrader` program; returns what it said."""
    command = [sys.executable, "-m", "nbgrader", "autograde", name]
    with environment(PATH=path_with_our_programs()):
        result = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stderr


def scores(course: Path, student: str, name: str = "90_sample") -> dict[str, float | None]:
    """The automatic score of every graded cell; None where a person must look."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission_notebook(name, name, student)
        return {grade.cell.name: grade.auto_score for grade in submission.grades}


def points(course: Path, name: str = "90_sample") -> dict[str, float]:
    """What every graded cell is worth, by the instructor edition; written answers left out."""
    graded = (c for c in read(course, "solutions", name).cells if c.metadata.get("nbgrader", {}).get("grade"))
    return {c.id: c.metadata.nbgrader.points for c in graded if c.cell_type == "code"}
