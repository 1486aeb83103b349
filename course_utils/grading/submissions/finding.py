"""What was handed in: the folders and files of students, and which notebook of them counts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from course_utils.course.notebookfile import LARGEST_FILE, NotebookError, read_notebook
from course_utils.grading.submissions.archive import is_ghost
from course_utils.grading.submissions.files import Unfit, is_real_folder, read_regular, regular_files
from course_utils.grading.submissions.repair import ENOUGH, Repaired, fit, repair
from course_utils.tables import one_line

OTHER_FILES = 20 * 1024**2  # bytes beside the notebook that are taken along
MOST_NOTEBOOKS = 20  # of one student for one assignment
TIMESTAMP, LONGEST_TIMESTAMP = "timestamp.txt", 200
# nbgrader's pages and tables show a student's folder as it is called.
_NO_NAME = re.compile(r"""[<>&"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]""")


@dataclass(frozen=True)
class Submission:
    """The files of one student for one assignment.

    Attributes:
        folder: where they are: ``submitted/<student>/<assignment>``, in any case, or the student's own.
        notebooks: every notebook there that may count.
        others: what else was handed in.
        refused: why nothing of it is opened; else empty.
    """

    student: str
    assignment: str
    folder: Path
    notebooks: tuple[Path, ...] = ()
    others: tuple[Path, ...] = field(default=())
    refused: str = ""

    def timestamp(self) -> str:
        """See :func:`time_stamp`."""
        return time_stamp(self.folder)

    def beside(self) -> dict[str, bytes]:
        """The other files by their path, for the notebook to read; nothing if they are too large."""
        files = [p for p in self.others if p.name != TIMESTAMP and _is_text(p.name)]
        if _too_large(files):
            return {}
        return {p.relative_to(self.folder).as_posix(): read_regular(p, OTHER_FILES) for p in files}

    def contents(self) -> Iterator[bytes]:
        """What tells this submission from a later one of the same student, part by part."""
        yield self.refused.encode("utf-8", "surrogateescape")
        left_out = _too_large(self.others)
        for path in (*self.notebooks, *self.others):
            yield os.fsencode(path.relative_to(self.folder))
            try:
                yield b"%d" % path.lstat().st_size
                if not (left_out and path in self.others):
                    yield read_regular(path, LARGEST_FILE)
            except (OSError, Unfit) as problem:
                yield repr(problem).encode("utf-8", "surrogateescape")


def time_stamp(folder: Path) -> str:
    """When what lies in a folder was handed in, as nbgrader writes it, or empty where nothing says so."""
    try:
        text = read_regular(folder / TIMESTAMP, LONGEST_TIMESTAMP).decode("utf-8").strip()
        return text if text and parse_utc(text) else ""
    except Exception:  # the parser of dates takes any text, and fails in many ways
        return ""


def find_submissions(root: Path, assignment: str, students: Sequence[str] = ()) -> Iterator[Submission]:
    """The submissions to an assignment, by the names of the students.

    Args:
        students: only these, or all.
    """
    for home in sorted((root / "submitted").glob("*")):
        if students and home.name not in students:
            continue
        try:
            submission = _submission(home, assignment)
        except OSError as problem:
            why = f"a folder cannot be read: {problem.strerror}"
            submission = Submission(home.name, assignment, home, refused=why)
        if submission:
            yield submission


def unclaimed(root: Path, assignments: Sequence[str]) -> list[Path]:
    """Notebooks below ``submitted/`` that belong to the submission of none of these assignments."""
    claimed: set[Path] = set()
    refused: list[Path] = []
    for submission in (s for name in assignments for s in find_submissions(root, name)):
        claimed |= {*submission.notebooks, *submission.others}
        refused += [submission.folder] * bool(submission.refused)
    there = (p for p in (root / "submitted").rglob("*.ipynb") if not is_ghost(p.as_posix()))
    return sorted(p for p in there if p not in claimed and not any(p.is_relative_to(f) for f in refused))


def read_submission(
    submission: Submission, release: NotebookNode, instructor: NotebookNode | None = None
) -> Repaired:
    """The one notebook that counts, repaired.

    Files with another name are taken if they fit the released notebook. Where two fit that differ, the
    reader must decide; one that does not fit beside one that does is left out. The only one is taken however
    little of it fits, unless another is damaged, which may be the one.

    Raises:
        NotebookError: if no notebook can be read, none fits, or several do.
    """
    if submission.refused:
        raise NotebookError(submission.refused)
    if not submission.notebooks:
        raise NotebookError("no notebook was handed in")
    read: dict[Path, NotebookNode] = {}
    problems: dict[Path, NotebookError] = {}
    for path in submission.notebooks:
        try:
            read[path] = read_notebook(_content(path))
        except NotebookError as problem:
            problems[path] = problem
    only = len(read) == 1 and (not problems or any(_has_the_name(p, submission) for p in read))
    fitting = {p: n for p, n in read.items() if only or fit(n, release) >= ENOUGH}
    different = {str([(c.cell_type, c.source) for c in n.cells]) for n in fitting.values()}
    if len(different) > 1 or (fitting and any(_has_the_name(p, submission) for p in problems)):
        names = ", ".join(sorted(one_line(p.name) for p in [*fitting, *problems]))
        raise NotebookError(f"several notebooks, and which one counts? {names}")
    if not fitting:
        raise next(iter(problems.values()), NotebookError("no notebook fits the released one"))
    chosen = next(iter(fitting))
    repaired = repair(fitting[chosen], release, instructor)
    repaired.notes += _remarks(submission, chosen)
    return repaired


def _submission(home: Path, assignment: str) -> Submission | None:
    """What a student handed in for an assignment; None where there is nothing."""
    entries = sorted(home.iterdir()) if home.is_dir() else []
    named = [p for p in entries if p.is_dir() and p.name.casefold() == assignment.casefold()]
    loose = [p for p in entries if p.suffix.lower() == ".ipynb" and p.is_file() and not p.is_symlink()]
    if not named and not any(p.stem.casefold().startswith(assignment.casefold()) for p in loose):
        return None
    folder = min(named, key=lambda p: p.name != assignment, default=home)
    try:
        _refuse(home, folder)
        files = [
            p
            for p in (regular_files(folder) if named else loose)
            if not is_ghost(p.relative_to(folder).as_posix())
        ]
        notebooks = tuple(p for p in files if p.suffix.lower() == ".ipynb")
        if len(notebooks) > MOST_NOTEBOOKS:
            raise Unfit(f"more than {MOST_NOTEBOOKS} notebooks were handed in")
    except Unfit as problem:
        return Submission(home.name, assignment, folder, refused=str(problem))
    others = tuple(p for p in files if p not in notebooks)
    return Submission(home.name, assignment, folder, notebooks, others)


def _refuse(home: Path, folder: Path) -> None:
    """Raise Unfit for a folder that is not the student's own, or whose name breaks pages and tables."""
    if not (is_real_folder(home) and is_real_folder(folder)):
        raise Unfit("its folder is a link to another one: put the files themselves there")
    if _NO_NAME.search(home.name):
        raise Unfit("a student's folder cannot be called so: rename it, without signs of HTML or line breaks")


def _is_text(name: str) -> bool:
    """Whether it is UTF-8; Python shows other bytes in names as halves of characters."""
    return not re.search(r"[\ud800-\udfff]", name)


def _too_large(files: Sequence[Path]) -> bool:
    return sum(p.lstat().st_size for p in files) > OTHER_FILES


def _content(path: Path) -> bytes:
    """What a file holds, read no further than one can use."""
    try:
        return read_regular(path, LARGEST_FILE + 1)
    except OSError as problem:
        raise NotebookError(f"the file cannot be read: {problem.strerror}") from None


def _has_the_name(path: Path, submission: Submission) -> bool:
    return path.stem.casefold() == submission.assignment.casefold()


def _remarks(submission: Submission, chosen: Path) -> Iterator[str]:
    if chosen.parent != submission.folder or not _has_the_name(chosen, submission):
        yield f"the notebook was called {one_line(str(chosen.relative_to(submission.folder)))}"
    left = [one_line(p.name) for p in submission.notebooks if p != chosen]
    if left:
        yield "other notebooks were left out: " + ", ".join(left)
    files = [p for p in submission.others if p.name != TIMESTAMP]
    if _too_large(files):
        yield f"the files beside the notebook were left out: more than {OTHER_FILES // 1024**2} MB"
    if not all(_is_text(p.name) for p in files):
        yield "files whose names are not UTF-8 were left out"
