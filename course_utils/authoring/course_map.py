"""The course map: a row for each chapter, in README, and for each exercise, in `docs/teaching.md`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from course_utils.authoring.exercises import exercises
from course_utils.authoring.source import Source
from course_utils.errors import BuildError

PAGE = "docs/teaching.md"
MARKS = ("<!-- The course map is made by `course build`. -->", "<!-- End of the course map. -->")
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


def all_exercises(sources: Sequence[Source]) -> str:
    """A table of all exercises: difficulty, points, minutes."""
    lines = ["| chapter | exercise | difficulty | points | minutes |", "|---|---|---|---|---|"]
    for source in sources:
        lines += [
            f"| {source.name[:2]} | {e.number} {e.title} | {e.difficulty} | {e.points:g} | {e.minutes} |"
            for e in exercises(source.cells)
        ]
    return "\n".join(lines) + "\n"


def _question(source: Source) -> str:
    found = _QUESTION.search(source.cells[0].source)
    if not found:
        raise BuildError(
            f"{source.name}: the first cell does not tell the chapter's question.",
            expected="a line `**Question.** ... ?`",
        )
    return found[1]
