"""Which notebooks below ``submitted/`` belong to a submission, and which to none."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from course_utils import cli
from course_utils.cli.grading import _folders
from course_utils.grading.submissions.finding import unclaimed

NAME = "90_sample"


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
