"""A notebook that was corrected after the hand-out: what students have is not taken for their own doing."""

from __future__ import annotations

import json

import nbformat
import pytest

from course_utils.course.notebookfile import read_notebook
from course_utils.grading.submissions.repair import repair

QUESTION = (
    "### Question 2 · Why? · 4 points\n\nSay in three sentences why the mean of the batches is not the mean."
)
TEST = "# Graded, 3 points: another case.\n"
STUB = "Your answer here."


def release(question: str = QUESTION, test: str = TEST) -> nbformat.NotebookNode:
    def graded(id_: str, **flags: bool) -> dict:
        return {
            "nbgrader": {"grade_id": id_, "schema_version": 3, "grade": False, "solution": False, **flags}
        }

    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [
        code("def f(): ...", metadata=graded("answer", solution=True)),
        code(test, metadata=graded("answer-1", grade=True, locked=True, points=3)),
        text(question),
        text(STUB, metadata=graded("why", grade=True, solution=True, points=4)),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def repaired(handed_in: nbformat.NotebookNode, now: nbformat.NotebookNode):
    return repair(read_notebook(json.dumps(handed_in).encode()), now)


def test_a_corrected_header_and_comment_are_nobodys_doing():
    now = release(QUESTION.replace("4 points", "5 points"), TEST.replace("3 points", "2 points"))
    found = repaired(release(), now)
    assert found.doubts == {}
    assert not [note for note in found.notes if "was changed" in note]


@pytest.mark.parametrize(
    "answer", ["Yes.", "No, never.", f"{QUESTION}\n\nThe last batch is smaller than the others."]
)
def test_an_answer_beside_its_cell_is_still_looked_for(answer):
    handed_in = release()
    handed_in.cells.insert(3, nbformat.v4.new_markdown_cell(answer))
    assert set(repaired(handed_in, release()).doubts) == {"why"}


def test_code_in_a_locked_cell_is_still_told():
    found = repaired(release(test="points = 3\n"), release())
    assert any("locked cell answer-1 was changed" in note for note in found.notes)
