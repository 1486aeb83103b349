"""For instructors: collect what was handed in, grade it, write feedback and grades."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from course_utils.cli.preconditions import FAILED, course_folder, named_assignment, need
from course_utils.course.names import released_names
from course_utils.errors import CourseError
from course_utils.tables import one_line

if TYPE_CHECKING:
    from course_utils.grading.gradebook.report import Row
    from course_utils.grading.submissions.roster import Roster


def collect(
    archive: Annotated[Path, typer.Argument(help="The zip as Moodle or Canvas made it.")],
    assignment: Annotated[
        str | None, typer.Option(help="Take this one only: 01. Default: what each notebook holds.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="CSV of the class: student_id, name, number; or an LMS's own export.")
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(metavar="REGEX", help="For file names of another kind: (?P<student_id>...).")
    ] = None,
    lms: Annotated[Literal["auto", "moodle", "canvas"], typer.Option(help="Whose file names.")] = "auto",
) -> None:
    """Sort an LMS's zip into `submitted/`.

    The latest notebook of each student counts; an older submission moves to `replaced/`. Nothing in the
    archive is trusted, and one bad file stops no other. A table tells what became of each file; exit code 1
    if one was left out or cannot be read.

    Example: `course collect submissions.zip --assignment 01 --roster class.csv`
    """
    root = course_folder()
    need("nbformat")
    from course_utils.grading.submissions import collect as sorting
    from course_utils.grading.submissions.naming import PatternError

    released = sorting.released_cells(root)
    wanted = named_assignment(root, assignment) if assignment else None
    course = sorting.Course(root, released, wanted, _class(root, roster))
    try:
        outcomes = sorting.collect(archive, course, lms, pattern)
    except PatternError as problem:
        raise typer.BadParameter(str(problem)) from None
    print(sorting.report(outcomes))
    if sorting.needs_you(outcomes):
        raise typer.Exit(FAILED)


def grade(
    assignment: Annotated[
        str | None, typer.Argument(help="Its name, or how it begins: 03. Default: all.")
    ] = None,
    students: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given several times.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes on this machine; 0: one for each core.")] = 0,
    scheduler: Annotated[
        str, typer.Option(help="A Dask scheduler instead, such as tcp://10.0.0.1:8786.")
    ] = "",
    timeout: Annotated[int | None, typer.Option(min=1, help="Seconds for one cell.")] = None,
    deadline: Annotated[int | None, typer.Option(min=1, help="Seconds for a whole notebook.")] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Run students' code without a sandbox.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run unchanged submissions again, too.")] = False,
) -> None:
    """Grade a whole class into nbgrader's gradebook.

    Each submission in a sandbox, several at once. Stop it when you like; the same command continues.

    Example: `course grade 03` ends with a table and `grades/03_resnet18_finetune.csv`.
    """
    root = course_folder()
    need("nbgrader", "distributed", "filelock", "jupytext")
    chosen = named_assignment(root, assignment) if assignment else None
    students = _folders(root, students or [])
    if not (unsafe or scheduler):
        from course_utils.grading.sandbox.kernels import warm_server

        warm_server()  # it starts while this process imports, which takes as long
    from course_utils.grading import batch
    from course_utils.grading.gradebook import report
    from course_utils.grading.submissions.finding import unclaimed

    names = [chosen] if chosen else batch.submitted_assignments(root)
    settings = batch.Settings(batch.limits(timeout, deadline), workers, scheduler, unsafe, fresh)
    rows_by_name = batch.grade(root, names, settings, students)
    for name, rows in rows_by_name.items():
        file = root / "grades" / f"{name}.csv"
        if not students:
            report.write_csv(file, rows)
        print(f"\n{name}\n{report.table(rows)}")
        if changed := report.changes(rows):
            print(f"\nscores that changed:\n{changed}")
        if not students:
            print(f"\n{file.relative_to(root)}")
    for name, rows in () if students else rows_by_name.items():
        print(f"\n{name}, the class at a glance: {_class_page(root, name, rows)}")
    left = [] if students else unclaimed(root, released_names(root))
    if left:
        told = "\n".join(f"  {one_line(str(path.relative_to(root)))}" for path in left[:20])
        print(f"\nnot graded, since they belong to no assignment by name and place:\n{told}")
    if left or not all(row.graded for rows in rows_by_name.values() for row in rows):
        raise typer.Exit(FAILED)


def _class_page(root: Path, name: str, rows: Sequence[Row]) -> str:
    """Where the page of a class was written, or why it could not be: then the grades stand all the same."""
    from course_utils.grading.gradebook import glance

    try:
        return str(glance.write(root, name, rows).relative_to(root))
    except CourseError as problem:
        return f"not written: {one_line(str(problem))}"


def export(
    assignment: Annotated[str, typer.Argument(help="Its name, or how it begins: 01.")],
    lms: Annotated[Literal["moodle", "canvas"], typer.Option(help="Which system will import it.")] = "moodle",
    roster: Annotated[
        Path | None, typer.Option(help="CSV of the class, best the LMS's own export: who gets a line.")
    ] = None,
    column: Annotated[
        str, typer.Option(help="How the LMS calls the assignment; Canvas makes a new one otherwise.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Default: grades/<assignment>.<lms>.csv.")] = None,
) -> None:
    """Write grades as a CSV for Moodle or Canvas.

    Whatever is not final (flagged, awaiting a mark, not readable) is listed and left blank, never 0. Exit
    code 1 if there is such work, or work of somebody who is not in the roster.

    Example: `course export 01 --lms canvas --roster class.csv --column "Homework 1 (4711)"`
    """
    root = course_folder()
    need("nbgrader")
    name = named_assignment(root, assignment)
    from course_utils.grading.gradebook import export as exporting

    file = out or root / "grades" / f"{name}.{lms}.csv"
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder: name a file in it", param_hint="--out")
    made = exporting.export(root, name, lms, file, _class(root, roster), column)
    print(exporting.report(made))
    if made.unfinished:
        raise typer.Exit(FAILED)


def feedback(
    assignment: Annotated[str, typer.Argument(help="Its name, or how it begins: 01.")],
    students: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given several times.")
    ] = None,
) -> None:
    """Write a page of feedback for each student.

    HTML that opens from disk, without hidden tests and without any script: what passed, what failed and of
    which kind, what did not run and why, comments and scores. Exit code 1 if a student gets no page yet.

    Example: `course feedback 01` writes `feedback/<student>/01_concepts/01_concepts.html`
    """
    root = course_folder()
    need("nbgrader", "nbconvert", "jupytext")
    name = named_assignment(root, assignment)
    students = _folders(root, students or [])
    from course_utils.grading.gradebook import feedback as pages

    outcomes = pages.write_feedback(root, name, students)
    print(*pages.report(outcomes), sep="\n")
    if any(outcome.file is None for outcome in outcomes):
        raise typer.Exit(FAILED)


def _class(root: Path, roster: Path | None) -> Roster | None:
    """The roster, read alike by all commands: the ids of its students are those of ``submitted/``, if any."""
    from course_utils.grading.submissions.collect import students_there
    from course_utils.grading.submissions.roster import read_roster

    return read_roster(roster, students_there(root)) if roster else None


def _folders(root: Path, students: Sequence[str]) -> list[str]:
    """How the folders of these students are called; a student of whom nothing was handed in was mistyped."""
    there = {path.name for folder in ("submitted", "autograded") for path in (root / folder).glob("*/")}
    return list(dict.fromkeys(_folder(there, student) for student in students))


def _folder(there: Collection[str], student: str) -> str:
    """The folder that is called so, or the only one that is, capitals and forms of Unicode aside."""
    from course_utils.grading.submissions.roster import MANY_FOLDERS, id_key

    if student in there:
        return student
    alike = sorted(name for name in there if id_key(name) == id_key(student) != "")
    if len(alike) == 1:
        return alike[0]
    why = f"{MANY_FOLDERS}: {', '.join(alike)}" if alike else f"nothing of {student!r} is in submitted/"
    raise typer.BadParameter(why, param_hint="--students")
