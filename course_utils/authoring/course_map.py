"""The course map: a row for each chapter, in README, and for each exercise, in `docs/teaching.md`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from course_utils.authoring.effort import LINES_A_MINUTE, WORDS_A_MINUTE, efforts, parts
from course_utils.authoring.exercises import exercises
from course_utils.authoring.source import Source
from course_utils.errors import BuildError

PAGE = "docs/teaching.md"
MARKS = ("<!-- The course map is made by `course build`. -->", "<!-- End of the course map. -->")
PARTS = ("core", "further")
PRESETS = ("smoke", "cpu", "gpu")
_QUESTION = re.compile(r"^\*\*Question\.\*\* (.+\?)$", re.M)


def chapters(sources: Sequence[Source], minutes: Mapping[str, Mapping]) -> str:
    """A table of the chapters: question, number of exercises, points, minutes.

    Args:
        minutes: for each chapter how long its notebook runs, by preset.

    Raises:
        BuildError: if a chapter does not tell its question.
    """
    presets = " / ".join(f"`{preset}`" for preset in PRESETS)
    lines = [f"| chapter | question | exercises | points | minutes at {presets} |", "|---|---|---|---|---|"]
    for source in sources:
        found = list(exercises(source.cells))
        times = " / ".join(str(minutes.get(source.name, {}).get(p, "not measured")) for p in PRESETS)
        total = sum(exercise.points for exercise in found)
        lines.append(f"| `{source.name}` | {_question(source)} | {len(found)} | {total:g} | {times} |")
    return "\n".join(lines) + "\n"


def for_teachers(sources: Sequence[Source]) -> str:
    """The tables of exercises and of effort, and how the second one counts."""
    counted = (
        f"\nWhat a chapter asks for, counted by the build: words at {WORDS_A_MINUTE} a minute, lines of "
        f"code at {LINES_A_MINUTE}, exercises as their headers say, without hidden tests and solutions. "
        "A class may leave out the *Further* parts; their exercises are homework or a bonus.\n\n"
    )
    return all_exercises(sources) + counted + all_efforts(sources)


def all_exercises(sources: Sequence[Source]) -> str:
    """A table of all exercises: part, difficulty, points, minutes."""
    lines = ["| chapter | exercise | part | difficulty | points | minutes |", "|---|---|---|---|---|---|"]
    for source in sources:
        for part, cells in zip(PARTS, parts(source)):
            lines += [
                f"| {source.name[:2]} | {e.number} {e.title} | {part} | {e.difficulty} "
                f"| {e.points:g} | {e.minutes} |"
                for e in exercises(cells)
            ]
    return "\n".join(lines) + "\n"


def all_efforts(sources: Sequence[Source]) -> str:
    """A table of what each chapter asks of a student, its core and what is further apart."""
    lines = [
        "| chapter | part | cells | words | lines of code | minutes of exercises | minutes in all | points |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for source in sources:
        for part, e in zip(PARTS, efforts(source)):
            lines.append(
                f"| {source.name[:2]} | {part} | {e.cells} | {e.words:,} | {e.lines} "
                f"| {e.exercise_minutes} | {e.minutes} | {e.points:g} |"
            )
    return "\n".join(lines) + "\n"


def _question(source: Source) -> str:
    found = _QUESTION.search(source.cells[0].source)
    if not found:
        raise BuildError(
            f"{source.name}: the first cell does not tell the chapter's question.",
            expected="a line `**Question.** ... ?`",
        )
    return found[1]
