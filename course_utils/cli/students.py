"""For everybody who works with the notebooks: check one before handing in, look after the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from course_utils.cli.preconditions import ENVIRONMENT, FAILED, find_course_folder, need


def check(
    notebook: Annotated[Path, typer.Argument(help="Your notebook, saved.")],
) -> None:
    """Look over a notebook before handing in.

    Runs it as grading does, in a kernel of its own, and tells which exercises pass their visible checks, and
    which cells are missing, doubled or changed. Your file is only read. Exit code 0 if it can be graded as
    it is and nothing that you tried fails. On Colab, mount your Drive and write `!` in front.

    Example: `course check 01_concepts.ipynb`
    """
    need("nbformat", "nbclient", "ipykernel")
    from course_utils.course import handin, released

    if notebook.is_file():
        print(f"running {notebook.name} as grading does; this takes a minute ...", flush=True)
    report = handin.check(notebook, released.read_list())
    print(report)
    if not report.ready:
        raise typer.Exit(FAILED)


def doctor() -> None:
    """Tell what is there, what is missing, and what to do."""
    from course_utils import doctor as examination

    findings = examination.examine(find_course_folder())
    print(*findings, sep="\n")
    if examination.lacks_essentials(findings):
        raise typer.Exit(ENVIRONMENT)
