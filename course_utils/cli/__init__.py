"""The `course` command: build, run, fetch, hand out, grade, and look after the course.

Start reading in ``authoring.py``; the other modules but ``preconditions.py`` are groups of commands, too.
Commands import what they need when they run: the help must come at once, and without torch.
"""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import typer

from course_utils import doctor
from course_utils.cli import authoring, data, grading, students, training
from course_utils.cli.preconditions import ENVIRONMENT, FAILED
from course_utils.errors import NO_PATH, NO_ROOM, CourseError, EnvironmentProblem
from course_utils.tables import one_line

__all__ = ["COMMANDS", "HELP", "app", "main"]

HELP = """Build, run and look after the course.

Exit codes: 0 all well; 1 a run, build, check or download failed, or a submission needs you; 2 the command
was mistyped; 3 this machine lacks something (see `course doctor`).
"""
app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# In the order of the help.
COMMANDS = (
    authoring.build,
    authoring.run,
    data.fetch,
    data.data,
    training.pretrain,
    training.experiment,
    training.bench,
    authoring.handout,
    authoring.site,
    students.check,
    grading.collect,
    grading.grade,
    grading.export,
    grading.feedback,
    students.doctor,
)
for _command in COMMANDS:
    app.command()(_command)
del _command  # a function under another name looks like one that was replaced


def main() -> None:
    """Run the command line; a problem that the reader can solve ends in a sentence."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as notebooks do; torch reads it when it loads
    _make_cache_folder_absolute()
    _print_what_the_terminal_can()
    try:
        app()
    except CourseError as problem:
        _end(problem)
    except OSError as problem:
        if problem.errno not in (*NO_ROOM, *NO_PATH):
            raise
        _end(_disk_problem(problem))
    except Exception:  # compiled code that does not fit raises what it likes
        if "torchvision" in sys.modules:
            raise
        _end_if_torch_does_not_load()
        raise


def _make_cache_folder_absolute() -> None:
    """Notebooks run in a folder of their own: what ``$COURSE_DATA`` says must not depend on where we are."""
    if chosen := os.environ.get("COURSE_DATA"):
        os.environ["COURSE_DATA"] = os.path.abspath(os.path.expanduser(chosen))


def _print_what_the_terminal_can() -> None:
    """A question mark in the place of a character that it has not, as in a file of Windows."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end(problem: CourseError) -> NoReturn:
    print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
    sys.exit(ENVIRONMENT if isinstance(problem, EnvironmentProblem) else FAILED)


def _end_if_torch_does_not_load() -> None:
    pair = doctor.pair()
    if not pair.there:
        _end(
            EnvironmentProblem(
                "torch and torchvision do not load together.",
                expected="a release of torchvision made for this release of torch",
                found=pair.detail,
                do=pair.remedy,
            )
        )


def _disk_problem(problem: OSError) -> CourseError:
    what = f"{one_line(str(problem.filename or 'a file'))} cannot be written or read."
    if problem.errno in NO_PATH:
        return CourseError(
            what,
            expected="a path through folders, with names that the disk takes",
            found=problem.strerror,
            do="choose another path; then repeat the command",
        )
    return EnvironmentProblem(
        what,
        expected="a disk with room, and the right to use it",
        found=problem.strerror,
        do="make room, or choose another folder; then repeat the command",
    )
