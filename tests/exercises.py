"""The exercises of every chapter as its text has them: statements, stubs, check cells and hidden tests."""

from __future__ import annotations

import functools
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from course_utils.authoring.markers import find_regions, without_regions

ROOT = Path(__file__).resolve().parents[1]
TEXTS = sorted((ROOT / "solutions").glob("*.py"))


@functools.cache
def pages() -> list[list[NotebookNode]]:
    """The cells of every chapter; nobody changes them."""
    return [jupytext.read(text).cells for text in TEXTS]


@functools.cache
def cells(kind: str) -> dict[str, str]:
    """The source of every ``answer``, ``check`` or ``graded`` cell, by the exercise's key.

    A key belongs to one chapter only: the answer bank has a folder for each.
    """
    found = [cell for page in pages() for cell in page if kind in cell.metadata]
    sources = {cell.metadata[kind]: cell.source for cell in found}
    assert len(sources) == len(found), "two chapters use the same key"
    return sources


def stub(key: str) -> str:
    """What a student finds in the answer cell."""
    lines = cells("answer")[key].split("\n")
    regions = find_regions(lines, where=lambda position: f"{key}:{position}")
    return "\n".join(without_regions(lines, regions, "raise NotImplementedError"))


def statement(key: str) -> str:
    """The text of an exercise, from its header to the answer cell."""
    for page in pages():
        told: list[str] = []
        for cell in page:
            if "### Exercise " in cell.source:
                told = [cell.source[cell.source.index("### Exercise ") :]]
            elif cell.cell_type == "markdown":
                told.append(cell.source)
            elif cell.metadata.get("answer") == key:
                return "\n\n".join(told)
    raise KeyError(key)


def hidden_tests(key: str) -> dict[str, str]:
    """The graded cells of an exercise, by their ids."""
    return {id_: source for id_, source in cells("graded").items() if id_.startswith(f"{key}-")}
