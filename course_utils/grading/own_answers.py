"""Our own answers, graded before any student's: what hidden tests expect, and that they get full marks."""

from __future__ import annotations

import importlib.metadata
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.grading.assignment import Assignment
from course_utils.grading.editions import GradingError
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.results import sentence
from course_utils.grading.guard import comparing
from course_utils.grading.guard.guard import Guard
from course_utils.grading.worker import Outcome, Task
from course_utils.storage import write_text
from course_utils.tables import one_line

DECIDE = ("torch", "torchvision", "numpy", "ipykernel", "nbgrader")  # whose version may change what they get

Messages = dict[str, comparing.Messages]
Run = Callable[[Task], Outcome]


class OwnAnswers:
    """The instructor edition of an assignment, run in the background as a student's is.

    Args:
        assignment: whose instructor edition.
        run: gives a task to a worker, and waits for it.
        aside: where that waiting happens.
    """

    def __init__(self, assignment: Assignment, run: Run, aside: Executor):
        self.assignment, self.run = assignment, run
        self.file = results.references_file(assignment.root, assignment.name)
        versions = [importlib.metadata.version(name) for name in DECIDE]
        self.key = results.fingerprint(assignment.editions.key, sys.version, *versions)
        self._references: Future[Messages] = Future()
        if not assignment.fresh and (kept := _read(self.file, self.key)) is not None:
            self._references.set_result(kept)
            return
        as_handed_in = assignment.writer.sanitise(assignment.editions.instructor)
        self._references = aside.submit(self._find, as_handed_in)

    def ran(self) -> bool:
        """Whether :meth:`guard` need not wait."""
        return self._references.done()

    def guard(self) -> Guard:
        """A new one for one submission.

        Raises:
            GradingError: if our own answers do not get full marks, or cannot be run.
        """
        return Guard(self._references.result())

    def _find(self, as_handed_in: NotebookNode) -> Messages:
        """What each graded cell expects, by ``grade_id``; kept until something that decides it changes."""
        name = self.assignment.name
        try:
            found = self._expected()
            problems = list(self._lost_marks(as_handed_in, found))
        except CourseError:
            raise
        except Exception as problem:  # a worker is lost, no kernel starts
            raise GradingError(f"our own answers to {name} cannot be run.", found=sentence(problem)) from None
        if problems:
            raise GradingError(
                f"our own answers to {name} do not get full marks: nothing was graded.",
                found="; ".join(problems),
                do="run `course build` and `course doctor`; then look at these cells in our edition",
            )
        write_text(self.file, json.dumps({"key": self.key, "references": found}))
        return found

    def _expected(self) -> Messages:
        instructor, nonce = self.assignment.editions.instructor, secrets.token_hex(8)
        if not any(cell.cell_type == "code" and comparing.compares(cell.source) for cell in instructor.cells):
            return {}
        edition = comparing.reference_edition(instructor, nonce)
        executed = self.run(self.assignment.task(edition)).notebook
        return comparing.references(nbformat.from_dict(executed), nonce)

    def _lost_marks(self, as_handed_in: NotebookNode, references: Messages) -> Iterator[str]:
        """Run them as a student's, and say of each graded cell why it does not get all its points."""
        for cell in self.run(replace(self.assignment.task(as_handed_in), guard=Guard(references))).cells:
            if cell.kind == "graded" and cell.score != cell.points:
                yield f"{cell.cell}: {cell.outcome}, {one_line(cell.why)}"


def _read(file: Path, key: str) -> Messages | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return kept["references"] if kept["key"] == key else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # none, or one of an earlier version
        return None
