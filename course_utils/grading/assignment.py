"""The submissions to one assignment: prepared, kept, written and told of, each without harm to the others."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Required, TypedDict, TypeVar

import nbformat

from course_utils.authoring.configuration import load_config
from course_utils.course.notebookfile import NotebookError
from course_utils.grading.editions import Editions, package_key
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.outcomes import state_of
from course_utils.grading.gradebook.report import Row, row_of
from course_utils.grading.gradebook.results import NEEDS_YOU, Result, sentence
from course_utils.grading.gradebook.since import edition_key, sent_key
from course_utils.grading.gradebook.writer import Writer
from course_utils.grading.interrupts import time_limit
from course_utils.grading.sandbox.limits import Limits
from course_utils.grading.submissions.finding import Submission, find_submissions, read_submission
from course_utils.grading.submissions.setup import setup_names
from course_utils.grading.worker import Outcome, Task

PREPARE_SECONDS, WRITE_SECONDS = 30, 60  # for one submission; an honest one takes a tenth of a second

T = TypeVar("T")


class How(TypedDict, total=False):
    """How every task is run; what is left out is as in :class:`~course_utils.grading.worker.Task`."""

    limits: Required[Limits]
    unsafe: bool
    warm: bool


class Assignment:
    """The submissions to one assignment.

    Whatever happens while one of them is read, keyed, repaired, stored, written or told of becomes
    ``needs you`` for its student, and is tried again when the submission or the grader changes.

    Args:
        root: the course folder, in which `course build` has entered the assignment into the gradebook.
        students: only these, or all.
        how: settings of every task.
        fresh: run everything again, also what has not changed.

    Attributes:
        submissions: in the order of the students' names.

    Raises:
        GradebookError: if the gradebook does not know the assignment.
    """

    def __init__(
        self,
        root: Path,
        editions: Editions,
        how: How,
        students: Sequence[str] = (),
        fresh: bool = False,
    ):
        self.root, self.editions, self.how, self.fresh = root, editions, how, fresh
        self.config, self.edition = load_config(root), edition_key(root, editions.name)
        self.writer = Writer(root, editions.name, self.config)
        self.writer.require_assignment()
        self.submissions = list(find_submissions(root, editions.name, students))
        self.marks = self.writer.marks()
        self.penalties, self.penalties_due = self.writer.penalties(), self.writer.penalties_due()
        self.finished: dict[str, Result] = {}
        self.sent: dict[str, str] = {}  # what was handed in, as a hash
        self.notes: dict[str, list[str]] = {}

    @property
    def name(self) -> str:
        """Of the assignment."""
        return self.editions.name

    def task(self, notebook: nbformat.NotebookNode) -> Task:
        """What a worker needs to run a notebook of this assignment."""
        names = setup_names(self.editions.release)
        return Task(
            json.dumps(notebook),
            config=dict(self.config),
            setup=names,
            package=package_key(),
            **self.how,
        )

    def unfinished(self) -> list[Submission]:
        """The submissions that have to be run or written."""
        return [s for s in self.submissions if not self._is_finished(s)]

    def prepare(self, submission: Submission) -> Task | Result:
        """The task of a submission, or its result where nothing needs to run; nothing is written yet."""
        return self._apart(submission, PREPARE_SECONDS, lambda: self._prepare(submission))

    def settle(self, submission: Submission, result: Result) -> Result:
        """Keep and write a result that :meth:`prepare` gave."""
        return self._kept(self._apart(submission, WRITE_SECONDS, lambda: self._written(result, submission)))

    def finish(self, submission: Submission, outcome: Outcome | Exception) -> Result:
        """Keep and write what a worker gave."""
        return self._kept(self._apart(submission, WRITE_SECONDS, lambda: self._finish(submission, outcome)))

    def rows(self) -> list[Row]:
        """What the gradebook says now about each submission."""
        marks, penalties = self.writer.marks(), self.writer.penalties()
        rows = []
        for student in (submission.student for submission in self.submissions):
            try:
                result = self.finished.get(student) or results.read(self.root, self.name, student)
                assert result is not None, "its result is not there"
                rows.append(row_of(result, marks.get(student, {}), penalties.get(student, 0.0)))
                if result.changes and not result.told:
                    results.write(self.root, replace(result, told=True))
            except Exception as problem:
                rows.append(Row(student, None, None, f"{NEEDS_YOU}: {sentence(problem)}", 0.0))
        return rows

    def _apart(self, submission: Submission, seconds: float, step: Callable[[], T]) -> T | Result:
        """Take a step with one submission; what goes wrong in it is a result of this student alone."""
        try:
            with time_limit(seconds, "dealing with this submission"):
                return step()
        except NotebookError as problem:
            return self._result(submission, NEEDS_YOU, problem.what)
        except Exception as problem:
            return self._result(submission, NEEDS_YOU, sentence(problem))

    def _kept(self, result: Result) -> Result:
        """Stored, unless that is what fails: then it is only told of."""
        try:
            results.write(self.root, result)
        except Exception as problem:
            result.why = f"{result.why or result.state}; and this was not stored: {sentence(problem)}"
            result.state = NEEDS_YOU
        self.finished[result.student] = result
        return result

    def _prepare(self, submission: Submission) -> Task | Result:
        last = results.read(self.root, self.name, submission.student)
        if last is not None and self._is_current(last, submission):
            return last
        repaired = read_submission(submission, self.editions.release, self.editions.instructor)
        notebook = self.writer.sanitise(repaired.notebook)
        self.notes[submission.student] = repaired.notes
        return replace(self.task(notebook), files=submission.beside(), doubts=repaired.doubts)

    def _finish(self, submission: Submission, outcome: Outcome | Exception) -> Result:
        if isinstance(outcome, Exception):
            why = f"its worker failed twice: {sentence(outcome)}"
            return replace(self._result(submission, NEEDS_YOU, why), key="")  # so it is tried again
        state, why = state_of(outcome.cells)
        result = self._result(submission, state, why)
        result.seconds, result.cells, result.notebook = outcome.seconds, outcome.cells, outcome.notebook
        result.notes += outcome.notes
        result.stopped = outcome.stopped
        result.before = self.writer.snapshot(result, results.read(self.root, self.name, submission.student))
        results.write(self.root, result)  # from here on an interrupt costs nothing
        return self._written(result, submission)

    def _is_finished(self, submission: Submission) -> bool:
        """Whether it was run and written as it is, and the gradebook still says so."""
        last = results.read(self.root, self.name, submission.student)
        if last is None or not self._is_current(last, submission):
            return False
        if last.notebook is None:
            return True
        marks = self.marks.get(submission.student, {})
        agree = all(cell.cell in marks and marks[cell.cell].auto == cell.score for cell in last.cells)
        lost, due = (found.get(submission.student, 0.0) for found in (self.penalties, self.penalties_due))
        written = last.written and self.writer.autograded(submission.student).exists()
        return written and agree and math.isclose(lost, due, abs_tol=1e-6)

    def _is_current(self, last: Result, submission: Submission) -> bool:
        """Whether a result is of this very submission, and of these tests."""
        return not self.fresh and last.key == self._key(submission) != ""

    def _written(self, result: Result, submission: Submission) -> Result:
        """A result that is in the gradebook; where it cannot be, the next `course grade` tries again."""
        if result.notebook is None:
            return result
        state, why = state_of(result.cells)
        if result.before is None:  # one that was written before: persons may have marked it since
            result = replace(result, before=self.writer.snapshot(result, result))
            results.write(self.root, result)
        try:
            self.writer.write(result, submission.timestamp())
        except Exception as problem:
            return replace(result, state=NEEDS_YOU, why=sentence(problem), written=False)
        return replace(result, state=state, why=why, written=True, before=None)

    def _result(self, submission: Submission, state: str, why: str) -> Result:
        notes, key = self.notes.pop(submission.student, []), self._key(submission)
        sent = self.sent[submission.student]
        return Result(
            submission.student, self.name, state, why, notes=notes, key=key, sent=sent, edition=self.edition
        )

    def _key(self, submission: Submission) -> str:
        """What decides its score; empty if it cannot be read, so that it is tried again."""
        if submission.student not in self.sent:
            self.sent[submission.student] = sent_key(submission)
        sent = self.sent[submission.student]
        return results.fingerprint(self.editions.key, sent) if sent else ""
