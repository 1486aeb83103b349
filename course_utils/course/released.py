"""What was handed out: the cells of each notebook that must come back, by name and fingerprint."""

from __future__ import annotations

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
        print: the fingerprint (:func:`course_utils.course.experiments.fingerprint`) of its text.
    """

    id: str
    role: str
    exercise: str
    points: float
    print: str


Released = dict[str, tuple[ReleasedCell, ...]]


def read_list(path: Path = LIST) -> Released:
    """The cells of every notebook of the course, by assignment, in order; `course build` writes the file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: tuple(ReleasedCell(**cell) for cell in cells) for name, cells in content.items()}


def list_text(released: Mapping[str, Sequence[ReleasedCell]]) -> str:
    """The file's content: a line for each cell, so that a change can be read."""
    blocks = []
    for name, cells in released.items():
        lines = ",\n".join(f"    {json.dumps(asdict(cell), ensure_ascii=False)}" for cell in cells)
        blocks.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


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
