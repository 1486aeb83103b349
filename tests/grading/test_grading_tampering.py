"""Hostile submissions get no points by what they do; honest ones are never flagged and score as under stock."""

from __future__ import annotations

import contextlib
import copy
import os
import sqlite3
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from courses import ROOT, autograde, make_course, read, scores, submit
from lab import CHROMIUM
from pages import formgrade_page, listening, stock_feedback_page
from submissions import honest, hostile
from submissions.arrays import NAME, POINTS, Case

from course_utils.authoring import release
from course_utils.grading import batch
from course_utils.grading.gradebook import results

pytestmark = pytest.mark.slow

CASES: dict[str, Case] = {
    f"{bank.__name__.rpartition('.')[2]}-{name}": case
    for bank in (hostile, honest)
    for name, case in bank.CASES.items()
}
# Stock starts a Python for each submission. All honest ones were compared by hand, these are always.
STOCK = [
    f"honest-{name}"
    for i, name in enumerate(honest.CASES)
    if i % int(os.environ.get("STOCK_EVERY", "10")) == 0
]


def hand_in(course, names):
    blank = read(course, "notebooks", NAME)
    for name in names:
        submit(course, name, CASES[name].notebook(blank), NAME)
        for file, text in CASES[name].files.items():
            (course / "submitted" / name / NAME / file).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    course = make_course(
        tmp_path_factory.mktemp("tampering") / "course", ROOT / "tests" / "samples" / "91_arrays.py"
    )
    release.build(course)
    return course


@pytest.fixture(scope="module")
def graded(built):
    """All of them in one batch, in the real sandbox; by student the state, and the course."""
    hand_in(built, CASES)
    rows = batch.grade(built, [NAME], batch.Settings(), say=lambda line: None)[NAME]
    return built, {row.student: row.state for row in rows}


@pytest.mark.parametrize("name", CASES)
def test_scores(graded, name):
    course, states = graded
    case, result = CASES[name], results.read(course, NAME, name)
    assert {cell.cell: cell.score for cell in result.cells} == dict(case.scores), result.cells
    assert scores(course, name, NAME) == dict(case.scores)
    flagged = [cell.why for cell in result.cells if cell.score is None]
    assert states[name].startswith("flagged") == bool(flagged), states[name]
    assert not flagged or name.startswith("hostile")
    assert not case.silent or case.silent not in str(result.notebook)


def test_a_flagged_cell_waits_for_a_person(graded):
    course, _ = graded
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        rows = gradebook.execute("SELECT auto_score, needs_manual_grade FROM grade").fetchall()
    assert {bool(needs) for score, needs in rows if score is None} == {True}
    assert {bool(needs) for score, needs in rows if score is not None} == {False}


@pytest.mark.browser
@pytest.mark.required_in_ci
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: apt install chromium")
@pytest.mark.skipif(
    not find_spec("playwright"), reason="playwright is missing: pip install -r requirements.txt"
)
def test_no_page_of_any_submission_acts(graded, tmp_path):
    """Each cell of any submission, once, as one notebook, which takes a browser no longer than one of them."""
    course, _ = graded
    blank = read(course, "notebooks", NAME)
    found = [nbformat.read(file, as_version=4) for file in sorted((course / "autograded").rglob("*.ipynb"))]
    assert len(found) == len(CASES)
    whole = copy.deepcopy(found[0])
    cells = [cell for notebook in found for cell in notebook.cells]
    whole.cells = list({repr((cell.source, cell.get("outputs"))): cell for cell in cells}.values())
    for position, cell in enumerate(whole.cells):
        cell.id = f"cell-{position}"
    with listening(tmp_path / "profile") as listener:
        for page in (formgrade_page, stock_feedback_page):
            listener.learn(page(blank))
            assert listener.hear(page(whole)) == []


def test_nothing_is_left_running(graded):
    commands = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            commands.append(process.read_bytes())
    assert commands and not [command for command in commands if b"98765" in command]


def test_stock_gives_honest_submissions_the_same(tmp_path_factory):
    course = make_course(
        tmp_path_factory.mktemp("stock") / "course", ROOT / "tests" / "samples" / "91_arrays.py"
    )
    release.build(course)
    hand_in(course, STOCK)
    autograde(course, NAME)
    stock = {name: scores(course, name, NAME) for name in STOCK}
    assert stock == {name: dict(CASES[name].scores) for name in STOCK}


def test_the_banks_are_large():
    assert len(hostile.CASES) >= 60 and len(honest.CASES) >= 50
    assert all(set(case.scores) == set(POINTS) for case in CASES.values())
