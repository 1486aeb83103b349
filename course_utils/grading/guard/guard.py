"""What keeps a submission from marking itself: a canary behind each graded cell, values compared out here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from nbformat import NotebookNode
from nbgrader.utils import is_grade

from course_utils.grading.guard import canary, comparing


class Guard:
    """Of one submission.

    Args:
        references: what each graded cell expects, from
            :func:`course_utils.grading.guard.comparing.references`.
    """

    def __init__(self, references: Mapping[str, comparing.Messages]):
        self.references = references
        self.nonce, self.proof = secrets.token_hex(8), secrets.token_hex(8)
        self._look_themselves: set[str] = set()  # sources of hidden cells

    def canary(self, source: str) -> str:
        """An expression for the kernel behind a graded cell, whose ``source`` is the one that runs."""
        return canary.canary(self.proof, walked=source in self._look_themselves)

    @property
    def forgetting(self) -> str:
        """The same where a graded cell failed, and there is nothing to look for."""
        return canary.forgetting()

    def source(self, cell: NotebookNode) -> str:
        """What runs in the place of a graded cell: compiled code without the values that it expects."""
        codes = comparing.compiled(cell.source, self.nonce)
        if not codes:
            return comparing.for_student(cell.source, self.nonce)
        source = canary.hidden_cell(codes)
        self._look_themselves.add(source)
        return source

    def judge(self, cell: NotebookNode, answer: object) -> str:
        """Why a person must look at a graded cell, or empty; one that gets no points is nobody's gain.

        Args:
            cell: with its own source, and as it ran; its ``outputs`` may be changed: they decide the score.
            answer: what the kernel said to the canary; None if it said nothing.
        """
        doubt = canary.forged(cell.source, cell.outputs) or canary.tampered(cell.outputs)
        expected = self.references.get(cell.metadata.nbgrader.grade_id)
        doubt = comparing.settle(cell.outputs, expected, self.nonce) or doubt
        if doubt or any(output.output_type == "error" for output in cell.outputs):
            return doubt or ""
        return canary.verdict(answer, self.proof) or ""


def is_guarded(cell: NotebookNode) -> bool:
    """Whether it is code that gives points."""
    return cell.cell_type == "code" and is_grade(cell)
