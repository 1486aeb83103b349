"""nbgrader is the single writer: its autograde, handed an executed notebook where it would execute."""

from __future__ import annotations

import functools
import json
import logging
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import nbformat
import nbgrader.api
from nbconvert.exporters.exporter import Exporter
from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import Autograde, BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import capture_log
from traitlets import Unicode
from traitlets.config import Config

from course_utils.authoring.gradebook import FILE, GradebookError, opened
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.outcomes import graded_cells
from course_utils.grading.gradebook.results import Mark, Result
from course_utils.storage import write_text

NO_NEWS = "CheckCellMetadata"  # a repaired notebook has the metadata that `course build` has checked
AT_THE_END = {"Exporter": {"optimistic_validation": True}}  # a notebook is validated once, when all is done
STAGING = f"{results.FOLDER}/staging"  # below it nbgrader finds the repaired notebook, while it writes
# Each Gradebook makes an engine, eleven for a submission, and each engine compiles the same statements anew:
# a fifth of the time that a submission takes here.
nbgrader.api.create_engine = functools.cache(nbgrader.api.create_engine)
_LOG = logging.getLogger(__name__)
_LOG.propagate = False
_LOG.addHandler(logging.NullHandler())


class Writer:
    """Sanitises and writes the submissions to one assignment.

    Args:
        root: the course folder, with a gradebook that `course build` has made.
        config: nbgrader's.
    """

    def __init__(self, root: Path, assignment: str, config: Config):
        self.root, self.assignment = root, assignment
        self.config = Config(AT_THE_END)
        self.config.merge(config)
        self.file = root / FILE
        self.url = CourseDirectory(config=config, root=str(root)).db_url

    def require_assignment(self) -> None:
        """Refuse a gradebook that does not know the assignment as it was built.

        Raises:
            GradebookError: which then says what to do.
        """
        path = self.root / "notebooks" / self.assignment / f"{self.assignment}.ipynb"
        released = nbformat.read(path, as_version=4).cells
        wanted = {cell.metadata.nbgrader.grade_id for cell in released if "nbgrader" in cell.metadata}
        known = self._known_cells()
        if known != wanted:
            raise GradebookError(
                f"the gradebook does not know {self.assignment} as it is in notebooks/.",
                expected=f"{len(wanted)} cells of exercises",
                found=f"{len(known & wanted)} of them, and {len(known - wanted)} others",
                do="run `course build`, which enters them",
            )

    def _known_cells(self) -> set[str]:
        """The cells of the assignment that the gradebook has; no gradebook is made for the question."""
        if not self.file.exists():
            return set()
        with opened(self.file) as gradebook:
            try:
                notebook = gradebook.find_notebook(self.assignment, self.assignment)
            except MissingEntry:
                return set()
            return {cell.name for cell in notebook.source_cells}

    def sanitise(self, notebook: NotebookNode) -> NotebookNode:
        """What nbgrader makes of a repaired notebook before it runs: hidden tests in, outputs out."""
        exporter = Exporter(config=self.config)
        exporter._preprocessors = []
        for step in Autograde(config=self.config, log=_LOG).sanitize_preprocessors:
            if _name(step) != NO_NEWS:
                exporter.register_preprocessor(step)
        about = {"assignment": self.assignment, "notebook": self.assignment, "db_url": self.url}
        return exporter.from_notebook_node(notebook, resources={"nbgrader": about})[0]

    def write(self, result: Result, timestamp: str = "") -> None:
        """Write a result into ``autograded/`` and the gradebook, and keep what persons have decided.

        It is safe to be stopped at any moment and to be repeated: ``result.before`` has been kept.

        Args:
            result: with an executed notebook; its ``changes`` are filled in.
            timestamp: when it was handed in, as nbgrader writes it; empty if unknown.

        Raises:
            GradebookError: with what nbgrader says.
        """
        folder = self._stage(result, timestamp)
        try:
            self._autograde(result)
        finally:
            shutil.rmtree(folder.parent)
        self._settle(result)

    def snapshot(self, result: Result, last: Result | None) -> dict[str, dict]:
        """What the gradebook says before a result is written, and which answers are as they were then.

        Args:
            last: the result that the new one replaces; if it never came to be written in whole, what
                was kept then counts.
        """
        marks = self.marks(result.student).get(result.student, {})
        graded_last = (last and last.notebook) or self._autograded(result.student)
        if graded_last is None or result.notebook is None:
            return {name: vars(mark) | {"same": False} for name, mark in marks.items()}
        old, new = _answers(graded_last), _answers(result.notebook)
        unwritten = (last.before or {}) if last and not last.written else {}
        before = {}
        for name, mark in marks.items():
            kept = unwritten.get(name)
            same = old.get(name) == new.get(name) and (kept is None or kept["same"])
            before[name] = (kept or vars(mark)) | {"same": same}
        return before

    def _autograded(self, student: str) -> Mapping | None:
        """What nbgrader has: the last result may be lost, or of a damaged file that came in between."""
        file = self.autograded(student)
        return nbformat.read(file, as_version=4) if file.is_file() else None

    def marks(self, student: str | None = None) -> dict[str, dict[str, Mark]]:
        """What the gradebook says, by student and cell; of one student or of all."""
        found: dict[str, dict[str, Mark]] = {}
        with opened(self.file) as gradebook:
            columns = Grade.auto_score, Grade.manual_score, Grade.score, Grade.needs_manual_grade
            query = (
                gradebook.db.query(SubmittedAssignment.student_id, BaseCell.name, *columns)
                .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
                .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
                .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
                .join(BaseCell, Grade.cell_id == BaseCell.id)
                .filter(Assignment.name == self.assignment)
            )
            if student is not None:
                query = query.filter(SubmittedAssignment.student_id == student)
            for who, cell, *mark in query:
                found.setdefault(who, {})[cell] = Mark(*mark)
        return found

    def penalties(self) -> dict[str, float]:
        """What late submissions lose, in points, by student."""
        with opened(self.file) as gradebook:
            query = (
                gradebook.db.query(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
                .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
                .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
                .filter(Assignment.name == self.assignment)
            )
            return {who: lost or 0.0 for who, lost in query}

    def penalties_due(self) -> dict[str, float]:
        """The same as it would be now: a person may have marked since, or moved the date."""
        step = AssignLatePenalties(config=self.config, log=_LOG)
        step.init_plugin()
        due: dict[str, float] = {}
        with opened(self.file) as gradebook:
            if gradebook.find_assignment(self.assignment).duedate is None:
                return due
            for submission in gradebook.assignment_submissions(self.assignment):
                student, late = submission.student_id, submission.total_seconds_late
                for notebook in submission.notebooks if late > 0 else ():
                    lost = step.plugin_inst.late_submission_penalty(student, notebook.score, late) or 0.0
                    due[student] = min(max(lost, 0.0), notebook.score)
        return due

    def autograded(self, student: str) -> Path:
        """Where nbgrader keeps the graded notebook of a student."""
        folder = CourseDirectory(config=self.config, root=str(self.root)).autograded_directory
        return self.root / folder / student / self.assignment / f"{self.assignment}.ipynb"

    def _stage(self, result: Result, timestamp: str) -> Path:
        folder = self.root / STAGING / result.student / self.assignment
        blank = nbformat.from_dict(result.notebook)
        for cell in blank.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        write_text(folder / f"{self.assignment}.ipynb", json.dumps(blank))
        if timestamp:
            write_text(folder / "timestamp.txt", timestamp)
        return folder

    def _autograde(self, result: Result) -> None:
        """Stock autograde of one student, whose notebook has been sanitised and executed already."""
        executed = nbformat.from_dict(result.notebook)

        def hand_in(notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
            for cell, done in zip(notebook.cells, executed.cells, strict=True):
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = done.outputs, done.execution_count
            return notebook, resources

        course = CourseDirectory(config=self.config, root=str(self.root), assignment_id=self.assignment)
        course.submitted_directory = STAGING
        converter = _OneStudent(
            coursedir=course, config=self.config, log=_LOG, force=True, student=result.student
        )
        steps = {_name(step): step for step in converter.autograde_preprocessors} | {"Execute": hand_in}
        steps.pop(NO_NEWS, None)
        converter.autograde_preprocessors = list(steps.values())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"nbgrader\.api")  # SQLAlchemy's, at each new submission
            told = capture_log(converter)
        if not told["success"]:
            raise GradebookError(
                f"nbgrader could not write the submission of {result.student}.",
                found=(told.get("log") or told["error"]).strip()[-2000:],
            )

    def _settle(self, result: Result) -> None:
        """What nbgrader cannot know: cells that no rule may score, and marks that persons have given."""
        before, result.changes = result.before or {}, []
        undecided = {cell.cell for cell in result.cells if cell.score is None}
        with opened(self.file) as gradebook:
            notebook = gradebook.find_submission_notebook(self.assignment, self.assignment, result.student)
            for grade in notebook.grades:
                old = before.get(grade.name)
                if grade.name in undecided:
                    grade.auto_score, grade.needs_manual_grade = None, True
                if old and _still_holds(old, grade.auto_score):
                    grade.needs_manual_grade = False
                if old and old["auto"] is not None and old["auto"] != grade.auto_score:
                    change = {"cell": grade.name, "old": old["auto"], "new": grade.auto_score}
                    result.changes.append(change)
            gradebook.db.commit()


class _OneStudent(Autograde):
    """The second of autograde's two rounds: the first sanitises, which is done before a notebook runs.

    Without a glob, which skips students whose names look like one.
    """

    student = Unicode()

    @property
    def _input_directory(self) -> str:
        return self.coursedir.submitted_directory

    def convert_single_notebook(self, notebook_filename: str) -> None:
        self._sanitizing = False
        self._init_preprocessors()
        BaseConverter.convert_single_notebook(self, notebook_filename)

    def init_notebooks(self) -> None:
        assignment = self.coursedir.assignment_id
        folder = self._format_source(assignment, self.student)
        self.assignments = {folder: [f"{folder}/{assignment}.ipynb"]}


def _still_holds(old: Mapping, auto: float | None) -> bool:
    """Whether a person's mark needs no second look: same answer, same automatic score."""
    decided = old["manual"] is not None and not old["needs"]
    return decided and old["same"] and old["auto"] == auto


def _answers(notebook: Mapping) -> dict[str, list[str]]:
    """What a student wrote for each graded cell: its own text, or the answers of its exercise."""
    cells = nbformat.from_dict(notebook["cells"])
    return {
        cell.metadata.nbgrader.grade_id: [cells[i].source for i in answers or [index]]
        for index, cell, answers in graded_cells(cells)
    }


def _name(step: type | str) -> str:
    """Of a preprocessor, given as a class or as the dotted path of one."""
    return step.rpartition(".")[2] if isinstance(step, str) else step.__name__
