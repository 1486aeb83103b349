"""The table of exercises in a chapter's first cell: written by hand, so held to the headers of the exercises."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from courses import CHAPTERS, texts

from course_utils.authoring.effort import efforts, parts
from course_utils.authoring.exercises import exercises, exercises_in
from course_utils.authoring.source import Source

HEAD = "| exercise | points | minutes | |"


def told(source: Source) -> list[str]:
    """The rows of the table."""
    table = source.cells[0].source.partition(f"{HEAD}\n")[2].partition("\n\n")[0]
    return table.splitlines()[1:]


def written(source: Source) -> set[int]:
    """Numbers of the exercises that are answered in words."""
    number, found = 0, set()
    for cell in source.cells:
        if cell.role == "written":
            found.add(number)
        elif cell.kind == "markdown":
            number = max([number, *(e.number for e in exercises_in(cell))])
    return found


def due(source: Source) -> tuple[list[str], list[str]]:
    """The rows as the headers have them, and with one row for all that stands below *Further*."""
    in_words = written(source)
    core, further = (
        [
            f"| {e.number} {e.title}{' (written)' * (e.number in in_words)} "
            f"| {e.points:g} | {e.minutes} | {part} |"
            for e in exercises(cells)
        ]
        for part, cells in zip(("core", "homework"), parts(source))
    )
    rest, last = efforts(source)[1], len(core) + len(further)
    sums = f"| {rest.points:g} | {rest.exercise_minutes} | homework |"
    return core + further, [*core, f"| {len(core) + 1} to {last}, below *Further* {sums}"]


def numbers(source: Source) -> list[int]:
    return [e.number for e in exercises(source.cells)]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_table_says_what_the_headers_say(chapter):
    source = texts()[chapter]
    assert told(source) in due(source)
    assert numbers(source) == list(range(1, len(numbers(source)) + 1))


def changed(source: Source, pattern: str, by: str) -> Source:
    """The chapter with the first cell that has the pattern changed there."""
    cells = list(source.cells)
    i = next(i for i, cell in enumerate(cells) if re.search(pattern, cell.source))
    text = re.sub(pattern, by, cells[i].source, count=1)
    cells[i] = replace(cells[i], source=text)
    return replace(source, cells=tuple(cells))


@pytest.mark.parametrize(
    "pattern, by",
    [
        (r"\| 4 \| 10 \| core", "| 5 | 10 | core"),
        (r"\| 4 \| 10 \| core", "| 4 | 11 | core"),
        (r"\| 4 \| 10 \| core", "| 4 | 10 | homework"),
        (r"\| 2 Repair.*\n", ""),
        (r" \(written\)", ""),
        (r"4 to 10, below", "4 to 9, below"),
        (r"\| 22 \| 65", "| 22 | 60"),
        (r"### Exercise 5 ·", "### Exercise 4 ·"),
        (r"### Exercise 10 ·", "### Exercise 11 ·"),
    ],
)
def test_whatever_differs_is_seen(pattern, by):
    source = changed(texts()["03_resnet18_finetune"], pattern, by)
    assert told(source) not in due(source) or numbers(source) != list(range(1, 11))
