"""Submissions to the sample chapter about arrays: a right one and how to change it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

NAME = "91_arrays"
POINTS = {"statistics-1": 3.0, "freeze-1": 2.0, "rescale-1": 2.0}
RIGHT = {
    "statistics": """
def statistics(images):
    pixels = images.double().transpose(0, 1).flatten(1) / 255
    return pixels.mean(dim=1), pixels.std(dim=1)
""",
    "freeze": """
def freeze(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)
""",
    "rescale": """
def rescale(numbers):
    low, high = min(numbers), max(numbers)
    return [(number - low) / (high - low) for number in numbers]
""",
}
WRONG = {
    "statistics": "def statistics(images):\n    return torch.zeros(3), torch.zeros(3)",
    "freeze": "def freeze(model, head):\n    head.requires_grad_(True)",
    "rescale": "def rescale(numbers):\n    return []",
}


@dataclass(frozen=True)
class Case:
    """One submission.

    Attributes:
        before: a cell that the student has put before the first answer.
        answers: by exercise.
        after: a cell at the end.
        scores: automatic scores by cell; None for a flagged one.
        files: what is handed in beside the notebook.
        change: what else is done to the notebook.
        silent: a text that must not appear in any output.
    """

    before: str = ""
    answers: Mapping[str, str] = field(default_factory=lambda: RIGHT)
    after: str = ""
    scores: Mapping[str, float | None] = field(default_factory=lambda: POINTS)
    files: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[NotebookNode], None] = lambda notebook: None
    silent: str = ""

    def notebook(self, release: NotebookNode) -> NotebookNode:
        """The released notebook as this student hands it in."""
        notebook = copy.deepcopy(release)
        for cell in notebook.cells:
            exercise = cell.id.removesuffix("-answer")
            if cell.id.endswith("-answer"):
                cell.source = self.answers[exercise].strip()
        first = next(i for i, cell in enumerate(notebook.cells) if cell.id == "statistics-answer")
        notebook.cells.insert(first, nbformat.v4.new_code_cell(self.before.strip(), id="own-before"))
        notebook.cells.append(nbformat.v4.new_code_cell(self.after.strip(), id="own-after"))
        self.change(notebook)
        return notebook
