"""Both editions of every notebook; the student's through nbgrader, with gradebook entries."""

from __future__ import annotations

import copy
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log
from traitlets.config import Config

from course_utils.authoring import claims, course_map, package_map
from course_utils.authoring.cells import RECORD, cell_ids
from course_utils.authoring.configuration import course_version, handout_repository, load_config
from course_utils.authoring.exercises import exercises_in
from course_utils.authoring.gradebook import FILE, opened
from course_utils.authoring.leaks import refuse_leaks
from course_utils.authoring.online import with_links
from course_utils.authoring.pages import put_between
from course_utils.authoring.source import Source, instructor_notebook, notebook_text, read_source
from course_utils.course import released
from course_utils.course.budget import TABLE
from course_utils.course.released import ReleasedCell
from course_utils.environ import environment, path_with_our_programs
from course_utils.errors import BuildError
from course_utils.storage import write_text

README = Path("README.md")
ASSETS = Path("course_utils", "assets")


def build(root: Path) -> list[str]:
    """Make both editions of every notebook and its entries in the gradebook.

    Nothing is written before every notebook is built and its student edition checked for leaks.

    Args:
        root: the course folder.

    Returns:
        The assignments, in order.

    Raises:
        BuildError: if a text, a student edition or nbgrader's configuration is not as it must be.
        GradebookError: if the gradebook cannot be read.
    """
    sources, config = read_sources(root), load_config(root)
    with tempfile.TemporaryDirectory() as staging:
        made = {
            p: (Path(staging) / p).read_text(encoding="utf-8") for p in _make(sources, Path(staging), config)
        }
        made |= _derived(root, sources, stubs_of(config))
        _refuse_damaged(root / FILE)
        _generate(sources, Path(staging), config, root / FILE)
    for path, content in made.items():
        write_text(root / path, content)
    return [source.name for source in sources]


def check(root: Path) -> list[str]:
    """Build in a temporary folder and compare with what is there.

    Raises:
        BuildError: naming every file that differs, is missing, or has no text.
    """
    sources, config = read_sources(root), load_config(root)
    with tempfile.TemporaryDirectory() as staging:
        made = _make(sources, Path(staging), config)
        drifted = [p for p in made if _content(root / p) != (Path(staging) / p).read_bytes()]
    drifted += [p for p in _notebooks(root) if p not in made]
    drifted += [p for p, made in _derived(root, sources, stubs_of(config)).items() if made != _text(root / p)]
    if drifted:
        raise BuildError(
            "not as built from the text: " + ", ".join(p.as_posix() for p in sorted(drifted)) + ".",
            do="edit only solutions/*.py, run `course build`, delete notebooks that have no text",
        )
    return [source.name for source in sources]


def read_sources(root: Path) -> list[Source]:
    """Every text of the course, checked, in order of their names.

    Raises:
        BuildError: also where a file lies in an assignment's folder that nbgrader would publish.
    """
    texts = sorted((root / "solutions").glob("*.py"))
    if not texts:
        raise BuildError("there is no text to build.", expected="solutions/NN_name.py")
    for text in texts:
        _refuse_strays(text.with_suffix(""))
    version, repository = course_version(root), handout_repository(root)
    return [with_links(read_source(text, version), repository) for text in texts]


def as_built(root: Path, name: str) -> Source:
    """The text of one assignment, which must be what its notebook was built from.

    Raises:
        BuildError: if there is none, or it has changed since.
    """
    text = root / "solutions" / f"{name}.py"
    if not text.is_file():
        raise BuildError(f"{name} is no assignment.", expected=str(text.relative_to(root)))
    source = with_links(read_source(text, course_version(root)), handout_repository(root))
    if _text(text.with_suffix("") / f"{name}.ipynb") != instructor_notebook(source):
        raise BuildError(
            f"{text.relative_to(root)} has changed since it was built.",
            do="run `course build`, then `course grade`",
        )
    return source


def _make(sources: Sequence[Source], staging: Path, config: Config) -> list[Path]:
    """Build all editions below ``staging``; returns their paths relative to it."""
    paths = []
    for source in sources:
        path = Path("solutions", source.name, f"{source.name}.ipynb")
        write_text(staging / path, instructor_notebook(source))
        paths.append(path)
    _generate(sources, staging, config, gradebook=None)
    for source in sources:
        path = Path("notebooks", source.name, f"{source.name}.ipynb")
        student = without_ours(nbformat.read(staging / path, as_version=4))
        refuse_leaks(source, student, *stubs_of(config))
        write_text(staging / path, notebook_text(student))
        paths.append(path)
    return paths


def without_ours(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without the cells that hold its text to the record."""
    kept = [cell for cell in notebook.cells if RECORD not in cell.metadata.get("tags", [])]
    return nbformat.NotebookNode({**notebook, "cells": kept})


def stubs_of(config: Config) -> tuple[str, str]:
    """What stands in the place of a solution, in code and in text."""
    return config.ClearSolutions.code_stub["python"], config.ClearSolutions.text_stub


def _generate(sources: Sequence[Source], folder: Path, config: Config, gradebook: Path | None) -> None:
    """Run nbgrader's release step on ``folder``; enter the cells into ``gradebook`` if given."""
    settings = copy.deepcopy(config)
    if gradebook is None:  # what `nbgrader generate_assignment --no-db` sets
        settings.SaveCells.enabled = False
        settings.GenerateAssignment.no_database = True
    for source in sources:
        course = CourseDirectory(config=settings, root=str(folder), assignment_id=source.name)
        if gradebook:
            course.db_url = f"sqlite:///{gradebook.resolve()}"
        with environment(PATH=path_with_our_programs()):  # nbgrader calls `alembic`
            result = capture_log(GenerateAssignment(coursedir=course, config=settings, force=True))
        if not result["success"]:
            raise BuildError(
                f"nbgrader could not release {source.name}.",
                found=result.get("log", result["error"]).strip(),
                do="if a graded cell was added, taken away or renamed after submissions were graded, put it "
                "back: the gradebook keeps their marks by it",
            )


def _refuse_damaged(gradebook: Path) -> None:
    """nbgrader would tell of it in a traceback."""
    if gradebook.exists():
        with opened(gradebook):
            return


def _refuse_strays(folder: Path) -> None:
    """nbgrader copies all that lies in an assignment's folder into the release."""
    own = {f"{folder.name}.ipynb", ".ipynb_checkpoints"}
    strays = sorted(p.name for p in folder.glob("*") if p.name not in own)
    if strays:
        raise BuildError(
            f"nbgrader would give solutions/{folder.name}/{strays[0]} to students.",
            do="keep nothing in that folder but the notebook that is built",
        )


def _notebooks(root: Path) -> list[Path]:
    """Every notebook of both editions, relative to ``root``."""
    editions = (root / "solutions", root / "notebooks")
    return [p.relative_to(root) for edition in editions for p in edition.glob("*/*.ipynb")]


def _derived(root: Path, sources: Sequence[Source], stubs: tuple[str, str]) -> dict[Path, str]:
    """What else is made, by its path: each only where the course has a place for it."""
    made = _pages(root, sources)
    if (root / ASSETS).is_dir():
        named = {source.name: released_cells(source, stubs) for source in sources}
        resting = {source.name: experiments_of(source) for source in sources}
        made[ASSETS / released.LIST.name] = released.list_text(named, resting)
    return made


def _pages(root: Path, sources: Sequence[Source]) -> dict[Path, str]:
    """README and what is made in ``docs/``."""
    # They load torch, which the grader, who reads the released cells by this module, does without.
    from course_utils.authoring import picture
    from course_utils.evidence import headline

    made: dict[Path, str] = {}
    if readme := _text(root / README):
        minutes = tomllib.loads(TABLE.read_text(encoding="utf-8"))["minutes"]
        curves, facts = picture.read_curves()
        readme = put_between(readme, picture.MARKS, picture.in_readme(curves, facts))
        readme = put_between(readme, headline.MARKS, headline.short_table())
        made[README] = put_between(readme, course_map.MARKS, course_map.chapters(sources, minutes))
        made[Path(picture.FILE)] = picture.draw(curves, facts)
    if evidence := _text(root / headline.PAGE):
        made[Path(headline.PAGE)] = put_between(evidence, headline.MARKS, headline.page_text())
    if teaching := _text(root / course_map.PAGE):
        made[Path(course_map.PAGE)] = put_between(
            teaching, course_map.MARKS, course_map.for_teachers(sources)
        )
    if table := _text(root / claims.TABLE):
        made[Path(claims.PAGE)] = claims.page(table, sources)
    if (root / package_map.FILE).exists():
        made[Path(package_map.FILE)] = package_map.page(root)
    return made


def released_cells(source: Source, stubs: tuple[str, str]) -> list[ReleasedCell]:
    """The cells of a notebook that have a role, as students get them.

    Args:
        stubs: what stands in the place of a solution, in code and in text.
    """
    exercise, cells = "", []
    for cell in source.cells:
        for header in exercises_in(cell) if cell.kind == "markdown" else ():
            exercise = f"{header.number} {header.title}"
        if cell.role:
            print_ = released.fingerprint(cell.student_source(*stubs))
            cells.append(ReleasedCell(cell.grade_id, cell.role, exercise, cell.points, print_))
    return cells


def experiments_of(source: Source) -> dict[str, str]:
    """The fingerprints of a notebook's experiments, by cell id."""
    resting = set(source.experiments)
    by_id = zip(cell_ids(source.cells), source.cells, strict=True)
    return {id_: released.fingerprint(cell.source) for id_, cell in by_id if cell in resting}


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
