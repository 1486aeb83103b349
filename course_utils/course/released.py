"""What was handed out: the cells of each notebook that must come back, and its experiments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LIST = Path(__file__).parents[1] / "assets" / "released.json"


@dataclass(frozen=True)
class ReleasedCell:
    """A cell that nbgrader knows by name, as students got it.

    Attributes:
        id: the ``grade_id``.
        role: answer, check, graded or written.
        exercise: number and title of the exercise it belongs to.
        points: what it is worth; 0 where it is not graded.
        print: the fingerprint (:func:`fingerprint`) of its text.
    """

    id: str
    role: str
    exercise: str
    points: float
    print: str


Released = dict[str, tuple[ReleasedCell, ...]]


def read_list(path: Path = LIST) -> Released:
    """The cells that nbgrader knows of every notebook of the course, by assignment and in order."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: tuple(ReleasedCell(**cell) for cell in found["cells"]) for name, found in content.items()}


def read_experiments(assignment: str, path: Path = LIST) -> dict[str, str]:
    """The experiments of one notebook: fingerprints by cell id; none of a notebook that was not released."""
    return json.loads(path.read_text(encoding="utf-8")).get(assignment, {}).get("experiments", {})


def list_text(
    released: Mapping[str, Sequence[ReleasedCell]], experiments: Mapping[str, Mapping[str, str]]
) -> str:
    """The content of the file, as `course build` writes it: a line a cell, so that changes can be read.

    Args:
        released: for each assignment the cells that nbgrader knows.
        experiments: for each assignment the fingerprints of its experiments by cell id.
    """
    blocks = []
    for name, cells in released.items():
        named = _lines("[", (json.dumps(asdict(cell), ensure_ascii=False) for cell in cells), "]")
        own = _lines(
            "{", (f"{json.dumps(id_)}: {json.dumps(p)}" for id_, p in experiments[name].items()), "}"
        )
        blocks.append(f'  {json.dumps(name)}: {{\n    "cells": {named},\n    "experiments": {own}\n  }}')
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def _lines(begin: str, items: Iterable[str], end: str) -> str:
    return begin + ",".join(f"\n      {item}" for item in items) + f"\n    {end}"


def fingerprint(source: str) -> str:
    """Tells two cells apart; blank lines around a cell do not count."""
    return hashlib.sha256(source.strip().encode()).hexdigest()[:16]


def assignment_of(ids: Iterable[str], known: Mapping[str, Iterable[str]]) -> str | None:
    """The assignment that shares most cells with a notebook; None if none shares any.

    Args:
        ids: the ``grade_id`` of each cell of the notebook.
        known: the same of each assignment's release.
    """
    present = set(ids)
    shared = {name: len(present & set(of_release)) for name, of_release in known.items()}
    best = max(shared, key=lambda name: shared[name], default=None)
    return best if best is not None and shared[best] else None
