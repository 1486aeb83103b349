"""Grades out of nbgrader's gradebook, as a CSV that Moodle or Canvas imports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from course_utils.authoring.gradebook import FILE, opened
from course_utils.errors import CourseError
from course_utils.grading.gradebook import results
from course_utils.grading.gradebook.since import built_since, handed_in_since
from course_utils.grading.submissions.finding import find_submissions
from course_utils.grading.submissions.roster import MANY_FOLDERS, Roster, RosterError, Student, id_key
from course_utils.storage import whole_file
from course_utils.tables import harmless, one_line, table

# What each system looks its users up by (grade/import/csv/classes/load_data.php;
# lib/gradebook_importer.rb), by the header that its own export has.
MOODLE = ("First name", "Last name", "ID number", "Email address")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
NO_GRADE = {"moodle": "-", "canvas": ""}  # an empty cell becomes 0 where Moodle makes a new grade item
GUESSED = "(Canvas' ids were read off the names of folders: give --roster if Canvas did not make these)"
NOTHING = "nothing handed in"
BUILT = "the notebook was built anew since it was graded: run `course grade`"
AGAIN = "handed in again since it was graded: run `course grade`"


@dataclass(frozen=True)
class Grade:
    """What a student gets.

    Attributes:
        score: None where it is not final, and ``why`` says why.
        person: what is known, by the headers of rosters in small letters.
        number: the LMS's own id of the student, from the roster; None where there is no roster.
    """

    student: str
    score: float | None
    why: str
    person: Mapping[str, str]
    number: str | None = None


@dataclass(frozen=True)
class Export:
    """A file that was written, and the grades in it.

    Attributes:
        strangers: students of the gradebook that the roster does not have; they are not in the file.
        guessed: whether ids of Canvas were read off the names of folders.
    """

    file: Path
    grades: tuple[Grade, ...]
    strangers: tuple[str, ...]
    guessed: bool = False

    @property
    def unfinished(self) -> list[str]:
        """Students who handed in and get no grade: it is not final, or they are not in the roster."""
        blank = [grade.student for grade in self.grades if grade.score is None and grade.why != NOTHING]
        return [*blank, *self.strangers]


def export(
    root: Path, assignment: str, lms: str, file: Path, roster: Roster | None = None, column: str = ""
) -> Export:
    """Write the grades of an assignment.

    Args:
        root: the course folder with ``gradebook.db``.
        lms: ``"moodle"`` or ``"canvas"``.
        file: the CSV to write, whole or not at all.
        roster: who gets a line, and what the system knows them by; without it, all of the gradebook.
        column: how the system calls the assignment; empty for our own name.

    Raises:
        CourseError: if there is no gradebook, or no such assignment in it.
        GradebookError: if it cannot be read.
        RosterError: if nobody who handed in is in the roster.
    """
    path = root / FILE
    if not path.exists():
        raise CourseError("there is no gradebook.", do="run `course build`, then grade")
    with opened(path) as gradebook:
        try:
            points = gradebook.find_assignment(assignment).max_score
        except MissingEntry:
            known = ", ".join(a.name for a in gradebook.assignments) or "none"
            raise CourseError(f"{assignment} is not in the gradebook.", found=known) from None
        grades = [_grade(root, gradebook, assignment, student) for student in gradebook.students]
        grades += [
            Grade(student, *_score(root, gradebook, assignment, student), {})
            for student in _outside(root, assignment, {grade.student for grade in grades})
        ]
    grades.sort(key=lambda grade: grade.student)
    strangers: list[str] = []
    if roster is not None:
        grades, strangers = _in_roster(grades, roster)
    _write(file, lms, grades, column or assignment, points)
    guessed = lms == "canvas" and any(grade.number is None and _made(grade) for grade in grades)
    return Export(file, tuple(grades), tuple(strangers), guessed)


def report(made: Export) -> str:
    """Who was left blank and why, and a line of sums."""
    rows = [
        {"student": one_line(grade.student), "left blank": one_line(grade.why)}
        for grade in made.grades
        if grade.score is None
    ]
    rows += [
        {"student": one_line(name), "left blank": _no_line(name, made.strangers)} for name in made.strangers
    ]
    rows += [{"student": "-", "left blank": GUESSED}] if made.guessed else []
    done = sum(grade.score is not None for grade in made.grades)
    sums = f"{done} of {len(made.grades)} grades in {made.file}"
    return f"{table(rows)}\n\n{sums}" if rows else sums


def _grade(root: Path, gradebook: Gradebook, assignment: str, student) -> Grade:
    person = {
        "first name": student.first_name,
        "last name": student.last_name,
        "email address": student.email,
        "id": student.lms_user_id,
    }
    score, why = _score(root, gradebook, assignment, student.id)
    return Grade(student.id, score, why, {key: value or "" for key, value in person.items()})


def _outside(root: Path, assignment: str, known: set[str]) -> list[str]:
    """Who handed in and is not in the gradebook, as where no notebook of theirs could be read."""
    found = {submission.student for submission in find_submissions(root, assignment)}
    return sorted((found | {result.student for result in results.read_all(root, assignment)}) - known)


def _score(root: Path, gradebook: Gradebook, assignment: str, student: str) -> tuple[float | None, str]:
    """The final score; None and the reason while there is none."""
    result = results.read(root, assignment, student)
    if result and handed_in_since(root, result):
        return None, AGAIN
    if result and result.state != results.GRADED and result.notebook is None:
        return None, f"{result.state}: {result.why}"
    if result and built_since(root, result):
        return None, BUILT
    if result and not result.written:
        return None, "its result is not in the gradebook yet: run `course grade` again"
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        handed_in = any(find_submissions(root, assignment, [student]))
        return None, "not graded yet" if handed_in else NOTHING
    if submission.needs_manual_grade:
        if result and result.state != results.GRADED:
            return None, f"{result.state}: {result.why}"
        return None, "awaits a mark in formgrader"
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0)), ""


def _in_roster(grades: Iterable[Grade], roster: Roster) -> tuple[list[Grade], list[str]]:
    """The grades in the order of the roster, and who is not in it."""
    folders: dict[str, list[Grade]] = {}
    for grade in grades:
        folders.setdefault(id_key(grade.student), []).append(grade)
    full = {key: [g for g in found if g.why != NOTHING] or found[:1] for key, found in folders.items()}
    one = {key: found[0] for key, found in full.items() if len(found) == 1}  # of two folders, which counts?
    listed = [_with_row(one.pop(id_key(person.id), None), person) for person in roster.students]
    left = [*one.values(), *(grade for found in full.values() if len(found) > 1 for grade in found)]
    strangers = sorted(grade.student for grade in left if grade.why != NOTHING)
    if strangers and all(grade.why == NOTHING for grade in listed):
        raise RosterError(
            "nobody who handed in is in the roster.",
            expected=f"ids as in submitted/, such as {one_line(strangers[0])}",
            found=f"such as {one_line(listed[0].student)}" if listed else "an empty roster",
            do="give the roster that `course collect` had, or add a column student_id with these ids",
        )
    return listed, strangers


def _no_line(stranger: str, strangers: Sequence[str]) -> str:
    """Why the roster has no line for a student who handed in."""
    alike = [name for name in strangers if id_key(name) == id_key(stranger)]
    return MANY_FOLDERS if len(alike) > 1 else "not in the roster: no line"


def _with_row(grade: Grade | None, person: Student) -> Grade:
    if grade is None:
        return Grade(person.id, None, NOTHING, person.row, person.number)
    return Grade(grade.student, grade.score, grade.why, {**grade.person, **person.row}, person.number)


def _write(file: Path, lms: str, grades: Sequence[Grade], column: str, points: float) -> None:
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    header = MOODLE if lms == "moodle" else CANVAS
    lines.writerow([*header, harmless(column)])
    if lms == "canvas":
        lines.writerow(["    Points Possible", *[""] * (len(CANVAS) - 1), _number(points)])
    line = _moodle_line if lms == "moodle" else _canvas_line
    for grade in grades:
        score = NO_GRADE[lms] if grade.score is None else _number(grade.score)
        lines.writerow([*map(harmless, line(grade)), score])
    with whole_file(file) as out:
        out.write(text.getvalue().encode("utf-8-sig"))  # the mark is for spreadsheets; both systems skip it


def _moodle_line(grade: Grade) -> list[str]:
    said = [grade.person.get(name.lower(), "") for name in MOODLE]
    if not any(said[2:]):
        said[2] = grade.student
    return said


def _canvas_line(grade: Grade) -> list[str]:
    """Canvas looks for its own id, then the SIS ids, then the name.

    Without a roster an id of the form ``lovelaceada_21``, which `course collect` makes, ends in Canvas' own.
    """
    person = grade.person
    said = {name: person.get(name.lower(), "") for name in CANVAS}
    known = _made(grade) if grade.number is None else grade.number
    said["ID"] = said["ID"] or known
    if not (said["ID"] or said["SIS User ID"] or said["SIS Login ID"]):
        said["SIS Login ID"] = grade.student
    names = [person.get(name, "") for name in ("last name", "first name")]
    said["Student"] = said["Student"] or person.get("name") or ", ".join(filter(None, names)) or grade.student
    return list(said.values())


def _made(grade: Grade) -> str:
    """Canvas' id at the end of the name of a folder; empty if there is none."""
    found = re.search(r"_(\d+)$", grade.student)
    return found[1] if found else ""


def _number(value: float) -> str:
    return f"{value:.10g}"
