"""The effort of a chapter: what is counted, and where the core ends."""

import ast

import pytest
from courses import CHAPTERS, texts

from course_utils.authoring.cells import Cell
from course_utils.authoring.effort import CORE_MINUTES, Effort, efforts
from course_utils.authoring.source import Source


def cell(kind: str, text: str, **more) -> Cell:
    return Cell("90.py", 1, kind, text, tuple(text.split("\n")), **more)


def chapter(*cells: Cell) -> Source:
    return Source("90_sample", "1", cells)


EXERCISE = "### Exercise 1 · Words · ●○○ · 3 points · 8 min\n\nOne two <b>three</b> [four](http://five.six)."


def test_words_lines_exercises_and_points_are_counted():
    core, further = efforts(chapter(cell("markdown", EXERCISE), cell("code", "a = 1\n\nb = 2")))
    assert (core.cells, core.lines, core.exercise_minutes, core.points) == (2, 2, 8, 3)
    assert core.words == len("Exercise 1 Words 3 points 8 min One two three four".split())
    assert further == Effort()


def test_answers_and_tests_cost_what_the_header_says():
    graded = cell("code", "\n".join("x" * 50), role="graded", grade_id="a-1")
    assert efforts(chapter(graded))[0] == Effort(cells=1)


def test_what_a_written_answer_must_contain_is_not_read_by_students():
    written = cell("markdown", "what a full answer contains", role="written", grade_id="why")
    assert efforts(chapter(written))[0] == Effort(cells=1)


def test_what_students_do_not_get_costs_nothing():
    assert efforts(chapter(cell("code", "assert record > 0.5", tags=("record",))))[0] == Effort()


def test_the_core_ends_where_further_begins():
    cells = (cell("markdown", "## 1 · Core"), cell("markdown", "## Further: more"), cell("code", "a = 1"))
    core, further = efforts(chapter(*cells))
    assert (core.cells, further.cells) == (1, 2)


def test_minutes_add_reading_code_and_exercises():
    assert Effort(words=400, lines=30, exercise_minutes=10).minutes == 14


def names(cells: list[Cell], context: type) -> set[str]:
    nodes = [node for c in cells for node in ast.walk(ast.parse(c.source))]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


@pytest.mark.parametrize("name", CHAPTERS)
def test_students_need_nothing_of_the_cells_that_they_do_not_get(name):
    code = [c for c in texts()[name].cells if c.kind == "code"]
    ours, given = [c for c in code if c.is_ours], [c for c in code if not c.is_ours]
    only_ours = names(ours, ast.Store) - names(given, ast.Store)
    assert not only_ours & names(given, ast.Load)


@pytest.mark.parametrize("name", CHAPTERS[:2])
def test_no_experiment_of_the_first_chapters_ends_in_an_assert(name):
    shown = [c for c in texts()[name].experiments if not c.is_ours]
    assert not [c.where() for c in shown if any(line.startswith("assert ") for line in c.lines)]


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_core_of_a_chapter_fits_into_an_evening(name):
    core, _ = efforts(texts()[name])
    assert core.minutes <= CORE_MINUTES
