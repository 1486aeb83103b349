"""Finds the solutions and hidden tests in a cell; refuses whatever is nearly a marker."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from course_utils.errors import BuildError

KINDS = ("SOLUTION", "HIDDEN TESTS")
PHRASES = tuple(f"{edge} {kind}" for edge in ("BEGIN", "END") for kind in KINDS)
EXPECTED = ", ".join(f"`### {phrase}`" for phrase in PHRASES)

_MARKER = re.compile(rf"\s*### ({'|'.join(PHRASES)})")
# What nbgrader acts on wherever it stands in a line, and comments that look like a marker.
_NBGRADER = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)|### (HASHED )?AUTOTEST")
_LOOKALIKE = re.compile(
    r"###\s*(BEGIN|END)\b|^\s*#+\s*(\w+\s+)?(SOLUTIONS?|HIDDEN\s+TESTS?)(\s+\w+)?\s*$", re.I
)


@dataclass(frozen=True)
class Region:
    """Lines that students do not get; ``begin`` and ``end`` are the positions of the markers."""

    kind: str
    begin: int
    end: int


def find_regions(lines: Sequence[str], where: Callable[[int], str]) -> tuple[Region, ...]:
    """The marked regions of a cell, in order.

    Args:
        lines: the cell's lines.
        where: turns a position in ``lines`` into ``file:line``.

    Raises:
        BuildError: for a marker that is misspelt, unknown, indented otherwise than what it marks,
            without its partner, or inside another region; and for an empty region.
    """
    regions: list[Region] = []
    opened: tuple[str, int] | None = None
    for i, line in enumerate(lines):
        phrase = _phrase(line, where(i))
        if phrase is None:
            continue
        edge, _, kind = phrase.partition(" ")
        if edge == "BEGIN":
            if opened:
                raise BuildError(f"{where(i)}: BEGIN {kind} inside the region opened at {where(opened[1])}.")
            opened = kind, i
            continue
        if opened is None or opened[0] != kind:
            raise BuildError(f"{where(i)}: END {kind} without BEGIN {kind}.")
        regions.append(Region(kind, opened[1], i))
        _check_shape(lines, regions[-1], where)
        opened = None
    if opened:
        raise BuildError(f"{where(opened[1])}: BEGIN {opened[0]} without END {opened[0]} in the same cell.")
    return tuple(regions)


def without_regions(lines: Sequence[str], regions: Sequence[Region], stub: str) -> list[str]:
    """The lines that students get: a stub for each solution, nothing for hidden tests."""
    kept: list[str] = []
    position = 0
    for region in regions:
        kept += lines[position : region.begin]
        if region.kind == "SOLUTION":
            indent = _indent(lines[region.begin])
            kept += [indent + line for line in stub.split("\n")]
        position = region.end + 1
    return kept + list(lines[position:])


def inside(lines: Sequence[str], regions: Sequence[Region]) -> list[str]:
    """The lines that students must never see, markers left out."""
    return [line for r in regions for line in lines[r.begin + 1 : r.end]]


def looks_like_marker(line: str) -> bool:
    """Whether nbgrader, or a tired author, would take this line for a marker."""
    if _NBGRADER.search(line.upper()) or _LOOKALIKE.search(line):
        return True
    if not line.lstrip().startswith("#"):
        return False
    letters = re.sub(r"[^A-Z]", "", line.upper())
    return any(_similarity(letters, phrase.replace(" ", "")) >= 0.8 for phrase in PHRASES)


def _phrase(line: str, where: str) -> str | None:
    """What the marker on this line says, or None for an ordinary line."""
    match = _MARKER.fullmatch(line)
    if match:
        return match[1]
    if looks_like_marker(line):
        raise BuildError(
            f"{where}: this looks like a marker but is none.",
            expected=f"one of {EXPECTED}, alone on its line",
            found=line.strip(),
            do="correct the marker, or reword the line",
        )
    return None


def _check_shape(lines: Sequence[str], region: Region, where: Callable[[int], str]) -> None:
    content = [line for line in lines[region.begin + 1 : region.end] if line.strip()]
    if not content:
        raise BuildError(f"{where(region.begin)}: nothing stands between the two {region.kind} markers.")
    wanted = _indent(content[0])
    for position in (region.begin, region.end):
        if _indent(lines[position]) != wanted:
            raise BuildError(
                f"{where(position)}: a marker is not indented like the first line that it marks.",
                expected=f"{len(wanted)} blanks before ###",
                found=f"{len(_indent(lines[position]))} blanks",
            )


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _similarity(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()
