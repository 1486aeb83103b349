"""Nothing that one submission holds, or its folder is made of, reaches the others or stops the class."""

from __future__ import annotations

import copy
import csv
import json
import os
import shutil
from pathlib import Path
from random import Random

import nbformat
import pytest
from courses import cell, make_course, read, submit
from submissions.broken import DOUBLE, NAME, right
from submissions.damages import damage_folder, damaged_text
from traitlets.config import Config

from course_utils.authoring import release
from course_utils.errors import CourseError
from course_utils.grading import assignment as module
from course_utils.grading.assignment import Assignment
from course_utils.grading.editions import read_editions
from course_utils.grading.execution import Execution
from course_utils.grading.gradebook import report, results
from course_utils.grading.gradebook.outcomes import assess
from course_utils.grading.gradebook.writer import Writer
from course_utils.grading.sandbox.limits import Limits
from course_utils.grading.worker import Outcome, Task

pytestmark = pytest.mark.slow  # most of them take a second

SEEDS = int(os.environ.get("FUZZ", "120"))  # damaged submissions; a few thousand take minutes
TOGETHER = 30  # of them in a class


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("apart") / "course")
    release.build(course)
    return course


@pytest.fixture
def course(built, tmp_path):
    return shutil.copytree(built, tmp_path / "course")


def executed(task: Task) -> Outcome:
    """As if every cell had run without a word."""
    notebook = nbformat.reads(task.notebook, as_version=4)
    return Outcome(dict(notebook), assess(Execution(notebook), task.doubts, Config(task.config)), 0.1)


def grade(course: Path) -> tuple[dict[str, report.Row], Assignment]:
    """The loop over all submissions, without kernels; the rows are printed and filed, too."""
    limits = Limits()
    batch = Assignment(course, read_editions(course, NAME, limits), {"limits": limits})
    for submission in batch.unfinished():
        ready = batch.prepare(submission)
        if isinstance(ready, Task):
            batch.finish(submission, executed(ready))
        else:
            batch.settle(submission, ready)
    rows = batch.rows()
    report.table(rows).encode()
    report.changes(rows).encode()
    report.write_csv(course / "grades.csv", rows)
    with open(course / "grades.csv", encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == len(rows) + 1
    return {row.student: row for row in rows}, batch


def hand_in_bytes(course: Path, student: str, content: bytes) -> Path:
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(content)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, TOGETHER))
def test_random_damage_ends_in_a_row_for_each_student(course, first):
    """A class of damaged submissions, with an honest one at each end: by the seeds, so that each can be had again."""
    sound = right(read(course, "notebooks"))
    for honest in ("0-ada", "z-bo"):
        submit(course, honest, sound)
    seeds = range(first, min(first + TOGETHER, SEEDS))
    for seed in seeds:
        random = Random(seed)
        content = damaged_text(sound, random) if seed % 3 else nbformat.writes(sound).encode()
        folder = hand_in_bytes(course, f"seed-{seed:06}", content)
        if seed % 3 == 0 or random.random() < 0.2:
            damage_folder(folder, course / "submitted" / "0-ada", random)
    rows, _ = grade(course)
    assert len(rows) == len(seeds) + 2
    assert all(rows[name].state == "graded, 1 mark missing" for name in ("0-ada", "z-bo"))
    again, batch = grade(course)
    assert again == rows and not batch.unfinished()  # whatever became of them is kept, and not tried again


def test_links_to_other_students_are_refused(course):
    sound = right(read(course, "notebooks"))
    submit(course, "ada", sound)
    submitted = course / "submitted"
    (submitted / "home").symlink_to(submitted / "ada")
    (submitted / "folder").mkdir()
    (submitted / "folder" / NAME).symlink_to(submitted / "ada" / NAME)
    (submitted / "file" / NAME).mkdir(parents=True)
    (submitted / "file" / NAME / f"{NAME}.ipynb").symlink_to(submitted / "ada" / NAME / f"{NAME}.ipynb")
    rows, _ = grade(course)
    assert rows["ada"].graded and rows["ada"].score == 4.5
    assert all("its folder is a link" in rows[name].state for name in ("home", "folder"))
    assert rows["file"].state == "needs you: no notebook was handed in"
    assert not (course / "autograded" / "home").exists()


@pytest.mark.parametrize(
    "name", [b"\xff\xfe", b"a\nb", b"<img src=x onerror=alert(1)>", b'"><script>', b"\x1b[2J"]
)
def test_a_name_that_breaks_pages_and_tables_is_refused(course, name):
    student = os.fsdecode(name)
    submit(course, student, right(read(course, "notebooks")))
    rows, _ = grade(course)
    assert "cannot be called so" in rows[student].state
    table = report.table(list(rows.values()))
    assert len(table.splitlines()) == 2 and "\x1b" not in table
    assert not (course / "autograded").exists()


@pytest.mark.parametrize("make", ["fifo", "folder", "link", "device"])
def test_a_time_stamp_is_read_from_a_file_alone(course, make):
    submit(course, "ada", right(read(course, "notebooks")))
    stamp = course / "submitted" / "ada" / NAME / "timestamp.txt"
    if make == "fifo":
        os.mkfifo(stamp)
    elif make == "folder":
        stamp.mkdir()
    else:
        stamp.symlink_to("/dev/zero" if make == "device" else course / "nbgrader_config.py")
    rows, _ = grade(course)
    assert rows["ada"].graded


@pytest.mark.parametrize(
    "edit, why",
    [
        (
            lambda n: n.cells.append(nbformat.v4.new_markdown_cell("x" * 3_000_000)),
            "a cell of 3,000,000 characters",
        ),
        (
            lambda n: n.cells.extend(nbformat.v4.new_code_cell("x" * 900_000) for _ in range(6)),
            "too much text in all",
        ),
        (
            lambda n: n.cells.extend(nbformat.v4.new_code_cell("1") for _ in range(3000)),
            "more than 2,000 cells",
        ),
    ],
)
def test_what_nobody_writes_is_not_read(course, edit, why):
    notebook = right(read(course, "notebooks"))
    edit(notebook)
    submit(course, "ada", notebook)
    assert why in grade(course)[0]["ada"].state


def test_attachments_with_halves_of_characters_are_left_out(course):
    notebook = right(read(course, "notebooks"))
    cell(notebook, "why").attachments = {
        "\ud800.png": {"image/png": "iVBORw0KGgo="},
        "b.png": {"image/png": "\udfff"},
    }
    hand_in_bytes(course, "ada", json.dumps(notebook).encode())
    row = grade(course)[0]["ada"]
    assert row.graded and "attachments" in str(results.read(course, NAME, "ada").notes)


STEPS = {
    "reading": (module, "read_submission"),
    "sanitising": (Writer, "sanitise"),
    "comparing": (Writer, "snapshot"),
    "keeping": (results, "write"),
    "writing": (Writer, "write"),
    "settling": (Writer, "_settle"),
    "telling": (module, "row_of"),
}


@pytest.mark.parametrize("problem", [RecursionError(), MemoryError("no more"), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x"), KeyError("cells"), OSError(5, "Input/output error")], ids=lambda p: type(p).__name__)  # fmt: skip
@pytest.mark.parametrize("step", STEPS)
def test_whatever_breaks_at_one_student_breaks_for_this_one_alone(course, monkeypatch, step, problem):
    sound = right(read(course, "notebooks"))
    for student in ("ada", "mallory", "zoe"):
        notebook = copy.deepcopy(sound)
        cell(notebook, "double-answer").source = f"{DOUBLE}  # {student}"
        submit(course, student, notebook)
    owner, name = STEPS[step]
    real = getattr(owner, name)

    def breaking(*args, **kwargs):
        if "mallory" in str(args):
            raise problem
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, breaking)
        rows, _ = grade(course)
    assert rows["mallory"].state.startswith("needs you") and type(problem).__name__ in rows["mallory"].state
    assert all(rows[student].graded and rows[student].score == 4.5 for student in ("ada", "zoe"))


def test_who_keeps_the_grader_waiting_is_left_to_a_person(course, monkeypatch):
    def forever(*_):
        while True:
            pass

    submit(course, "ada", right(read(course, "notebooks")))
    monkeypatch.setattr(module, "read_submission", forever)
    monkeypatch.setattr(module, "PREPARE_SECONDS", 0.2)
    assert "took more than 0.2 seconds" in grade(course)[0]["ada"].state


def test_what_could_not_be_written_is_written_the_next_time_without_a_run(course, monkeypatch):
    submit(course, "ada", right(read(course, "notebooks")))
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_settle", lambda *_: 1 / 0)
        assert "ZeroDivisionError" in grade(course)[0]["ada"].state
    batch = Assignment(course, read_editions(course, NAME, Limits()), {"limits": Limits()})
    (submission,) = batch.unfinished()
    result = batch.settle(submission, batch.prepare(submission))
    assert result.written and result.state == results.GRADED


def test_a_forgotten_build_is_told_once(course):
    submit(course, "ada", right(read(course, "notebooks")))
    (course / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="(?s)does not know 90_sample.*course build"):
        grade(course)


def test_a_damaged_gradebook_is_told_once(course):
    submit(course, "ada", right(read(course, "notebooks")))
    (course / "gradebook.db").write_bytes((course / "gradebook.db").read_bytes()[:9000])
    with pytest.raises(CourseError, match="damaged or locked"):
        grade(course)
