"""Courses with a class of honest submissions, made for the benchmark of grading."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import nbformat

from course_utils.authoring import release

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = ROOT / "tests" / "answers"
sys.path.insert(0, str(ROOT / "tests"))
import courses  # noqa: E402, found through the line above

SMALL = courses.SAMPLE.stem


def make_course(folder: Path, name: str, experiments: bool = True) -> Path:
    """A course of one chapter of ours, released; on wish without the cells that belong to no exercise."""
    course = _build(folder, ROOT / "solutions" / f"{name}.py")
    if not experiments:
        for edition in ("solutions", "notebooks"):
            path = course / edition / name / f"{name}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            notebook.cells = _without_experiments(notebook.cells)
            nbformat.write(notebook, path)
    return course


def make_small_course(folder: Path, n: int) -> Path:
    """The tests' sample course, with ``n`` submissions, every other one left blank."""
    course = _build(folder, courses.SAMPLE)
    editions = [courses.read(course, edition, SMALL) for edition in ("solutions", "notebooks")]
    for i, student in enumerate(students(n)):
        courses.submit(course, student, editions[i % 2], SMALL)
    return course


def students(n: int) -> list[str]:
    """Their names."""
    return [f"student{i:03}" for i in range(n)]


def hand_in(course: Path, name: str, n: int) -> None:
    """``n`` submissions, each exercise answered by one of the answer bank's files: always the same ones."""
    shutil.rmtree(course / "submitted", ignore_errors=True)
    draw = random.Random(0)
    for student in students(n):
        notebook = courses.read(course, "notebooks", name)
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
                key = cell.metadata.nbgrader.grade_id.removesuffix("-answer")
                cell.source = draw.choice(_bank(key)).read_text(encoding="utf-8")
        courses.submit(course, student, notebook, name)


def _bank(key: str) -> list[Path]:
    """Right and wrong answers in about equal shares."""
    wrong = sorted((ANSWERS / key).glob("wrong_*.py"))
    right = sorted((ANSWERS / key).glob("right_*.py"))
    return wrong + right * max(1, len(wrong) // len(right))


def _build(folder: Path, text: Path) -> Path:
    release.build(courses.make_course(folder, text))
    return folder


def _without_experiments(cells: list) -> list:
    """Text, the parameters, the set-up below them, and whatever nbgrader knows."""
    set_up = next(i for i, cell in enumerate(cells) if "start(" in cell.source and cell.cell_type == "code")
    kept = cells[: set_up + 1]
    return kept + [c for c in cells[set_up + 1 :] if c.cell_type != "code" or "nbgrader" in c.metadata]
