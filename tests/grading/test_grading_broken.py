"""Every broken submission ends in its scores or in a state that says why, in the real sandbox."""

from __future__ import annotations

import dataclasses

import pytest
from courses import make_course, read, scores
from submissions.broken import CASES, NAME, POINTS, TAKES_TIME, right

from course_utils.authoring import release
from course_utils.grading import batch
from course_utils.grading.gradebook import results
from course_utils.grading.sandbox.limits import MIB, Limits

pytestmark = pytest.mark.slow

NORMAL = Limits()
LITTLE = dataclasses.replace(
    NORMAL, cell_seconds=TAKES_TIME, notebook_seconds=18, memory_bytes=1024 * MIB, file_bytes=16 * MIB
)


def student_of(name: str) -> str:
    return CASES[name].student or name


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which every case has been graded, in two batches."""
    course = make_course(tmp_path_factory.mktemp("broken") / "course")
    release.build(course)
    blank = read(course, "notebooks")
    for name, case in CASES.items():
        case.write(course / "submitted" / student_of(name), right(blank))
    rows = {}
    for slow, limits in ((False, NORMAL), (True, LITTLE)):
        students = [student_of(name) for name, case in CASES.items() if case.slow == slow]
        found = batch.grade(course, [NAME], batch.Settings(limits), students, say=lambda line: None)
        rows |= {row.student: row for row in found[NAME]}
    return course, rows


@pytest.mark.parametrize("name", CASES)
def test_a_broken_submission_ends_as_it_should(course, name):
    case, student = CASES[name], student_of(name)
    folder, rows = course
    result = results.read(folder, NAME, student)
    assert rows[student].state.startswith(case.state), (rows[student], result.cells)
    assert case.note in "; ".join([*result.notes, result.why]), result.notes
    if case.scores is None:
        assert rows[student].score is None and result.cells == []
        return
    assert {c.cell: c.score for c in result.cells} == POINTS | case.scores, result.cells
    assert scores(folder, student) == POINTS | case.scores
    assert {c.cell: (c.outcome, c.where) for c in result.cells if c.cell in case.outcomes} == case.outcomes


def test_there_are_enough_cases():
    assert len(CASES) >= 60
