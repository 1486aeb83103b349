"""Export: the columns that Moodle and Canvas expect, and blanks where a grade is not final."""

from __future__ import annotations

import csv
import io
import re
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from project.test_cli import course as command

from course_utils.authoring.gradebook import GradebookError
from course_utils.environ import environment, path_with_our_programs
from course_utils.errors import CourseError
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.export import export, report
from course_utils.grading.gradebook.since import edition_key
from course_utils.grading.submissions.roster import RosterError, read_roster

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")

NAME = "90_sample"
ROSTER = (
    "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
    '"Lovelace, Ada",11,S1,ada,A\n"=cmd()|1, Eve",12,S2,eve,A\n"Missing, Max",13,S3,max,B\n'
)


def marked(
    gradebook: Gradebook, student: str, score: float | None, manual: float | None = None, **facts
) -> None:
    """A submission with one graded cell and a written answer; None awaits a person."""
    gradebook.update_or_create_student(student, **facts)
    gradebook.update_or_create_submission(NAME, student)
    for name, auto, by_hand in (("test", score, None), ("why", None, manual)):
        grade = gradebook.find_grade(name, NAME, NAME, student)
        grade.auto_score, grade.manual_score = auto, by_hand
        grade.needs_manual_grade = auto is None and by_hand is None
    gradebook.db.commit()


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course whose gradebook holds one submission of each state."""
    root = tmp_path_factory.mktemp("export")
    (root / "nbgrader_config.py").touch()
    (root / "solutions").mkdir()
    (root / "notebooks" / NAME).mkdir(parents=True)
    (root / "notebooks" / NAME / f"{NAME}.ipynb").touch()
    with (
        environment(PATH=path_with_our_programs()),
        Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook,
    ):
        gradebook.add_assignment(NAME)
        gradebook.add_notebook(NAME, NAME)
        gradebook.add_grade_cell("test", NAME, NAME, max_score=3, cell_type="code")
        gradebook.add_grade_cell("why", NAME, NAME, max_score=2.5, cell_type="markdown")
        marked(gradebook, "ada", 2.25, 2, first_name="Ada", last_name="Lovelace", email="ada@x.org")
        marked(gradebook, "eve", 3, None, first_name="@SUM(A1)", last_name='+1\n"x"', email="=eve@x.org")
        marked(gradebook, "flo", None, 1)
        marked(gradebook, "settled", 1, 1)
        marked(gradebook, "bo_77", 0, 0, lms_user_id="")
        for student in ("unwritten", "waiting", "loose", "absent"):
            gradebook.add_student(student)
    why = {"flo": "cell test: a check was replaced", "unreadable": "the notebook is cut off"}
    for student, state, notebook in (
        ("flo", results.FLAGGED, {}),
        ("settled", results.FLAGGED, {}),
        ("unreadable", results.NEEDS_YOU, None),
    ):
        results.write(
            root, results.Result(student, NAME, state, why.get(student, ""), notebook=notebook, written=True)
        )
    results.write(root, results.Result("unwritten", NAME, results.GRADED, notebook={}))
    (root / "submitted" / "waiting" / NAME).mkdir(parents=True)
    (root / "submitted" / "loose").mkdir()
    (root / "submitted" / "loose" / f"{NAME}.ipynb").touch()
    return root


def lines(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))


def roster(tmp_path: Path):
    path = tmp_path / "class.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return path


FINAL = {"ada": "4.25", "bo_77": "0", "settled": "2"}


def test_moodle_finds_students_by_id_number_or_email(course, tmp_path):
    made = export(course, NAME, "moodle", tmp_path / "m.csv")
    header, *rows = lines(made.file)
    assert header == ["First name", "Last name", "ID number", "Email address", NAME]
    assert ["Ada", "Lovelace", "", "ada@x.org", "4.25"] in rows
    grades = {row[2] or row[3]: row[4] for row in rows}
    assert grades.pop("ada@x.org") == "4.25"
    assert {name: grades.pop(name) for name in ("bo_77", "settled")} == {"bo_77": "0", "settled": "2"}
    assert set(grades.values()) == {"-"} and len(rows) == 10


def test_canvas_gets_its_own_header_and_the_points(course, tmp_path):
    made = export(
        course, NAME, "canvas", tmp_path / "c.csv", read_roster(roster(tmp_path)), "Homework 1 (4711)"
    )
    assert lines(made.file) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 1 (4711)"],
        ["    Points Possible", "", "", "", "", "5.5"],
        ["Lovelace, Ada", "11", "S1", "ada", "A", "4.25"],
        ["'=cmd()|1, Eve", "12", "S2", "eve", "A", ""],
        ["Missing, Max", "13", "S3", "max", "B", ""],
    ]
    assert {"flo", "settled", "bo_77", "unreadable"} <= set(made.strangers) and "absent" not in made.strangers
    assert made.file.read_bytes().count(b"\r\n") == 5
    assert set(made.strangers) <= set(made.unfinished)


def test_canvas_without_a_roster_gets_what_collect_found_in_the_names(course, tmp_path):
    rows = {row[0]: row for row in lines(export(course, NAME, "canvas", tmp_path / "c.csv").file)[2:]}
    assert rows["bo_77"][1:4] == ["77", "", ""]
    assert rows["Lovelace, Ada"][1:4] == ["", "", "ada"]


def test_what_is_not_final_is_listed_and_never_zero(course, tmp_path):
    made = export(course, NAME, "moodle", tmp_path / "m.csv")
    scores = {grade.student: grade.score for grade in made.grades}
    assert {name: f"{score:g}" for name, score in scores.items() if score is not None} == FINAL
    assert {grade.student: grade.why for grade in made.grades if grade.score is None} == {
        "eve": "awaits a mark in formgrader",
        "flo": "flagged: cell test: a check was replaced",
        "unreadable": "needs you: the notebook is cut off",
        "unwritten": "its result is not in the gradebook yet: run `course grade` again",
        "waiting": "not graded yet",
        "loose": "not graded yet",
        "absent": "nothing handed in",
    }
    assert set(made.unfinished) == {
        "eve",
        "flo",
        "unreadable",
        "unwritten",
        "waiting",
        "loose",
    }
    assert "3 of 10 grades in" in report(made)


def test_a_name_is_no_formula(course, tmp_path):
    text = export(course, NAME, "moodle", tmp_path / "m.csv").file.read_bytes().decode("utf-8-sig")
    (eve,) = [row for row in csv.reader(io.StringIO(text)) if "SUM" in row[0]]
    assert eve == ["'@SUM(A1)", '\'+1 "x"', "", "'=eve@x.org", "-"]


def test_the_penalty_for_lateness_is_taken_off(course, tmp_path):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.find_submission_notebook(NAME, NAME, "settled").late_submission_penalty = 0.5
        gradebook.db.commit()
    try:
        made = export(course, NAME, "moodle", tmp_path / "m.csv")
    finally:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            gradebook.find_submission_notebook(NAME, NAME, "settled").late_submission_penalty = None
            gradebook.db.commit()
    assert {g.student: g.score for g in made.grades}["settled"] == 1.5


def test_the_roster_of_another_class_is_told_and_nothing_is_written(course, tmp_path):
    (tmp_path / "other.csv").write_text("student_id,name\nzoe@x.org,Zoe\n", encoding="utf-8")
    with pytest.raises(
        RosterError, match="nobody who handed in(.|\n)*such as ada(.|\n)*zoe@x.org(.|\n)*do this"
    ):
        export(course, NAME, "moodle", tmp_path / "m.csv", read_roster(tmp_path / "other.csv"))
    assert not (tmp_path / "m.csv").exists()


def test_no_gradebook_is_not_made_up(tmp_path):
    with pytest.raises(CourseError, match="there is no gradebook"):
        export(tmp_path, NAME, "moodle", tmp_path / "m.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:9000], lambda whole: b"?" * 9000])
def test_a_damaged_gradebook_is_told_and_left_as_it_is(course, tmp_path, damage):
    broken = damage((course / "gradebook.db").read_bytes())
    (tmp_path / "gradebook.db").write_bytes(broken)
    with pytest.raises(GradebookError, match="damaged or locked(.|\n)*do this: .*a backup in its place"):
        export(tmp_path, NAME, "moodle", tmp_path / "m.csv")
    assert (tmp_path / "gradebook.db").read_bytes() == broken


def test_the_command(course):
    result = command("export", "90", "--lms", "canvas", cwd=course)
    assert result.returncode == 1 and "left blank" in result.stdout and result.stderr == "", result.stderr
    assert (course / "grades" / f"{NAME}.canvas.csv").exists()


@pytest.mark.parametrize("out", ["nbgrader_config.py/x.csv", "nbgrader_config.py/x/y.csv", "x" * 300])
def test_a_path_that_no_file_can_have_is_told(course, out):
    result = command("export", "90", "--out", out, cwd=course)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert re.match(r"CourseError: .* cannot be written or read\.\n", result.stderr), result.stderr


def test_the_command_reads_the_roster_as_collect_does(course, tmp_path):
    people = "".join(f"{name},{name}@x.org\n" for name in ("waiting", "loose")) + ",max@x.org\n"
    (tmp_path / "class.csv").write_text(f"ID number,Email address\n{people}", encoding="utf-8")
    file = tmp_path / "m.csv"
    result = command("export", "90", "--roster", str(tmp_path / "class.csv"), "--out", str(file), cwd=course)
    assert result.stderr == "" and [row[2] for row in lines(file)[1:]] == ["waiting", "loose"]


def test_an_assignment_that_is_not_there_is_an_error(course, tmp_path):
    with pytest.raises(CourseError, match="92_none is not in the gradebook"):
        export(course, "92_none", "moodle", tmp_path / "m.csv")


def test_with_a_roster_canvas_gets_the_rosters_own_number(course, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("student_id,name,number\nbo_77,Bo,4711\nada,Ada Lovelace,21\n", encoding="utf-8")
    made = export(course, NAME, "canvas", tmp_path / "c.csv", read_roster(path))
    assert {row[0]: row[1] for row in lines(made.file)[2:]} == {"Bo": "4711", "Ada Lovelace": "21"}


def test_a_folder_with_blanks_finds_its_line_and_two_that_are_alike_find_none(course, tmp_path):
    for folder in ("Ada  B", "x#1", "x 1"):
        (course / "submitted" / folder / NAME).mkdir(parents=True, exist_ok=True)
        (course / "submitted" / folder / NAME / f"{NAME}.ipynb").touch()
    (tmp_path / "r.csv").write_text("student_id\nAda  B\nx#1\nada\n", encoding="utf-8")
    made = export(course, NAME, "moodle", tmp_path / "m.csv", read_roster(tmp_path / "r.csv"))
    whys = {grade.student: grade.why for grade in made.grades}
    assert whys["Ada  B"] == "not graded yet" and {"x#1", "x 1"} <= set(made.strangers)
    for folder in ("Ada  B", "x#1", "x 1"):
        shutil.rmtree(course / "submitted" / folder)


def test_an_id_finds_its_line_in_any_writing_and_two_folders_are_told(course, tmp_path):
    (tmp_path / "r.csv").write_text("student_id\nADA\nzoë\n", encoding="utf-8")
    names = [unicodedata.normalize("NFD", "Zoë"), "ZOË"]
    homes = [course / "submitted" / name / NAME for name in names]
    homes[0].mkdir(parents=True)
    made = export(course, NAME, "moodle", tmp_path / "m.csv", read_roster(tmp_path / "r.csv"))
    assert {g.student: g.why for g in made.grades} == {"ada": "", names[0]: "not graded yet"}
    homes[1].mkdir(parents=True)
    made = export(course, NAME, "moodle", tmp_path / "m.csv", read_roster(tmp_path / "r.csv"))
    assert set(names) <= set(made.strangers) and report(made).count("make them one") == 2
    for home in homes:
        shutil.rmtree(home.parent)


def test_ids_that_were_read_off_folders_are_told(course, tmp_path):
    assert "read off the names of folders" in report(export(course, NAME, "canvas", tmp_path / "c.csv"))
    known = export(course, NAME, "canvas", tmp_path / "c.csv", read_roster(roster(tmp_path)))
    assert "read off" not in report(known)


def test_a_score_of_an_older_edition_is_not_final(course, tmp_path):
    graded = results.Result(
        "ada", NAME, results.GRADED, notebook={}, written=True, edition="of an older build"
    )
    (course / "solutions" / NAME).mkdir(exist_ok=True)
    (course / "solutions" / NAME / f"{NAME}.ipynb").touch()
    results.write(course, graded)
    (ada,) = (g for g in export(course, NAME, "moodle", tmp_path / "m.csv").grades if g.student == "ada")
    assert ada.score is None and "built anew" in ada.why
    results.write(course, replace(graded, edition=edition_key(course, NAME)))
    (ada,) = (g for g in export(course, NAME, "moodle", tmp_path / "m.csv").grades if g.student == "ada")
    assert ada.score == 4.25
