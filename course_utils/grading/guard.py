"""What keeps a submission from marking itself: a canary behind each graded cell, values compared out here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from nbformat import NotebookNode

from course_utils.grading import canary, comparing


class Guard:
    """An inspector of one submission, see :mod:`course_utils.grading.inspection`.

    Args:
        references: what each graded cell expects, from :func:`course_utils.grading.comparing.references`.
    """

    def __init__(self, references: Mapping[str, comparing.Messages]):
        self.references = references
        self.nonce, self.proof = secrets.token_hex(8), secrets.token_hex(8)

    def source(self, cell: NotebookNode) -> str:
        """A graded cell without the values that it expects."""
        return comparing.for_student(cell.source, self.nonce)

    def probes(self, cell: NotebookNode) -> list[str]:
        """The canary."""
        return [canary.canary(self.proof)]

    def judge(self, cell: NotebookNode, probes: list[list[NotebookNode]]) -> str:
        """Why a person must look at a cell, or empty; a cell that gets no points is nobody's gain."""
        doubt = canary.forged(cell.source, cell.outputs)
        expected = self.references.get(cell.metadata.nbgrader.grade_id)
        doubt = comparing.settle(cell.outputs, expected, self.nonce) or doubt
        if doubt or any(output.output_type == "error" for output in cell.outputs):
            return doubt or ""
        return (canary.verdict(probes[0], self.proof) if probes else "no canary ran behind it") or ""
