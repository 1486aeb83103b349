"""The course map in the README: a row for each chapter and for each exercise, made from the texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from course_utils.authoring.exercises import exercises
from course_utils.authoring.source import Source
from course_utils.errors import BuildError

BEGIN = "<!-- The course map is made by `course build`. -->"
END = "<!-- End of the course map. -->"
_QUESTION = re.compile(r"^\*\*Question\.\*\* (.+\?)$", re.M)


def update(readme: str, sources: Sequence[Source], minutes: Mapping[str, Mapping]) -> str:
    """``readme`` with a fresh map between its two marks.

    Args:
        minutes: for each chapter how long its notebook runs, by preset.

    Raises:
        BuildError: if a mark is missing, or a chapter does not tell its question.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise BuildError(f"README.md needs the lines {BEGIN} and {END}, each once.")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_map(sources, minutes)}{END}{after}"


def _map(sources: Sequence[Source], minutes: Mapping[str, Mapping]) -> str:
    presets = ("smoke", "cpu", "gpu")
    chapters = [
        "| chapter | question | exercises | points | minutes at "
        + " / ".join(f"`{p}`" for p in presets)
        + " |",
        "|---|---|---|---|---|",
    ]
    tasks = ["| chapter | exercise | difficulty | points | minutes |", "|---|---|---|---|---|"]
    for source in sources:
        found = list(exercises(source.cells))
        times = " / ".join(str(minutes.get(source.name, {}).get(p, "not measured")) for p in presets)
        total = sum(exercise.points for exercise in found)
        chapters.append(f"| `{source.name}` | {_question(source)} | {len(found)} | {total:g} | {times} |")
        tasks += [
            f"| {source.name[:2]} | {e.number} {e.title} | {e.difficulty} | {e.points:g} | {e.minutes} |"
            for e in found
        ]
    lines = [*chapters, "", "<details><summary>All exercises</summary>", "", *tasks, "", "</details>"]
    return "\n".join(lines) + "\n"


def _question(source: Source) -> str:
    found = _QUESTION.search(source.cells[0].source)
    if not found:
        raise BuildError(
            f"{source.name}: the first cell does not tell the chapter's question.",
            expected="a line `**Question.** ... ?`",
        )
    return found[1]
