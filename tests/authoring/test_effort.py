"""The effort of a chapter: what is counted, and where the core ends."""

import pytest
from courses import ROOT

from course_utils.authoring.cells import Cell
from course_utils.authoring.effort import CORE_MINUTES, Effort, efforts
from course_utils.authoring.release import read_sources
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


def test_the_core_ends_where_further_begins():
    cells = (cell("markdown", "## 1 · Core"), cell("markdown", "## Further: more"), cell("code", "a = 1"))
    core, further = efforts(chapter(*cells))
    assert (core.cells, further.cells) == (1, 2)


def test_minutes_add_reading_code_and_exercises():
    assert Effort(words=400, lines=30, exercise_minutes=10).minutes == 14


@pytest.mark.parametrize("source", read_sources(ROOT), ids=lambda source: source.name)
def test_the_core_of_a_chapter_fits_into_an_evening(source):
    core, _ = efforts(source)
    assert core.minutes <= CORE_MINUTES
