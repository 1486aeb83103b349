"""Which notebooks below ``submitted/`` belong to a submission, and which to none."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import typer
from courses import ROOT, read
from typer.testing import CliRunner

from course_utils import cli
from course_utils.cli.grading import _folders
from course_utils.course.notebookfile import NotebookError
from course_utils.grading.submissions.finding import find_submissions, read_submission, unclaimed

NAME = "90_sample"
CHAPTER = "01_concepts"
RELEASE = read(ROOT, "notebooks", CHAPTER)
WHOLE = nbformat.writes(RELEASE)
OTHER = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]))
CUT = WHOLE[:-300]


def notes(root: Path, files: dict[str, str]) -> list[str]:
    """What is told of a submission that consists of these files."""
    for name, text in files.items():
        (root / "submitted" / "ada" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "submitted" / "ada" / name).write_text(text, encoding="utf-8")
    (submission,) = find_submissions(root, CHAPTER)
    return read_submission(submission, RELEASE).notes


@pytest.mark.parametrize("folder, other", [("", "02_model_zoo"), (f"{CHAPTER}/", "scratch")])
def test_a_damaged_notebook_beside_another_is_called_damaged(tmp_path, folder, other):
    with pytest.raises(NotebookError, match="cut off"):
        notes(tmp_path, {f"{folder}{CHAPTER}.ipynb": CUT, f"{folder}{other}.ipynb": OTHER})


def test_a_poor_notebook_of_the_right_name_is_it_beside_a_damaged_one(tmp_path):
    with pytest.raises(NotebookError, match="not this notebook"):
        notes(tmp_path, {f"{CHAPTER}.ipynb": OTHER, "scratch.ipynb": CUT})


@pytest.mark.parametrize(
    "file, told",
    [
        (f"{CHAPTER}.ipynb", False),
        ("01_Concepts/01_CONCEPTS.ipynb", False),
        (f"{CHAPTER}/mine.ipynb", True),
        (f"{CHAPTER}/work/{CHAPTER}.ipynb", True),
    ],
)
def test_a_notebook_that_was_called_otherwise_is_told(tmp_path, file, told):
    said = [note for note in notes(tmp_path, {file: WHOLE}) if note.startswith("the notebook was called ")]
    assert len(said) == told


def test_notebooks_of_no_assignment_are_named(tmp_path):
    for path in (
        f"ada/{NAME}/{NAME}.ipynb",
        f"eve/{NAME}_corrected.ipynb",
        "bob/90 sample/x.ipynb",
        "cyd/homework4.ipynb",
        f"ada/{NAME}/.ipynb_checkpoints/{NAME}-checkpoint.ipynb",
        f"{NAME}.ipynb",
    ):
        (tmp_path / "submitted" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "submitted" / path).touch()
    left = [path.relative_to(tmp_path / "submitted").as_posix() for path in unclaimed(tmp_path, [NAME])]
    assert left == [f"{NAME}.ipynb", "bob/90 sample/x.ipynb", "cyd/homework4.ipynb"]


def test_a_mistyped_student_is_refused(tmp_path, monkeypatch):
    (tmp_path / "solutions" / NAME).mkdir(parents=True)
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "notebooks" / NAME).mkdir(parents=True)
    (tmp_path / "notebooks" / NAME / f"{NAME}.ipynb").touch()
    (tmp_path / "submitted" / "s001").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for command in ("grade", "feedback"):
        done = CliRunner().invoke(cli.app, [command, NAME, "--students", "s0O1"])
        assert done.exit_code == 2 and "nothing of 's0O1' is in submitted/" in done.output


def test_a_student_is_found_in_any_writing(tmp_path):
    for name in ("Zoe\u0308", "bob", "ADA", "Ada"):
        (tmp_path / "submitted" / name).mkdir(parents=True)
    assert _folders(tmp_path, ["ZO\u00cb", "Bob", "bob", "Ada"]) == ["Zoe\u0308", "bob", "Ada"]
    with pytest.raises(typer.BadParameter, match="make them one: ADA, Ada"):
        _folders(tmp_path, ["ada"])
    with pytest.raises(typer.BadParameter, match="nothing of '!' is in submitted/"):
        _folders(tmp_path, ["!"])
