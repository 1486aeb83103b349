"""What was handed in: the folders and files of students, and which notebook of them counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from course_utils.course.notebookfile import LARGEST_FILE, NotebookError, read_notebook
from course_utils.grading.submissions.repair import ENOUGH, Repaired, fit, repair

GHOSTS = ("__MACOSX", ".ipynb_checkpoints")
OTHER_FILES = 20 * 1024**2  # bytes beside the notebook that are taken along
TIMESTAMP = "timestamp.txt"


@dataclass(frozen=True)
class Submission:
    """The files of one student for one assignment.

    Attributes:
        folder: where they are: ``submitted/<student>/<assignment>``, in any case, or the student's own.
        notebooks: every notebook there that may count.
        others: what else was handed in.
    """

    student: str
    folder: Path
    notebooks: tuple[Path, ...]
    others: tuple[Path, ...] = field(default=())

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (*self.notebooks, *self.others)

    def timestamp(self) -> str:
        """When it was handed in, or empty where nothing says so that can be read."""
        file = self.folder / TIMESTAMP
        try:
            text = file.read_text(encoding="utf-8").strip()
            return text if text and parse_utc(text) else ""
        except (OSError, ValueError, OverflowError):
            return ""

    def beside(self) -> dict[str, bytes]:
        """The other files by their path, for the notebook to read; nothing if they are too large."""
        files = [p for p in self.others if p.name != TIMESTAMP]
        if sum(p.stat().st_size for p in files) > OTHER_FILES:
            return {}
        return {p.relative_to(self.folder).as_posix(): p.read_bytes() for p in files}


def find_submissions(root: Path, assignment: str, students: Sequence[str] = ()) -> Iterator[Submission]:
    """The submissions to an assignment, by the names of the students.

    Args:
        students: only these, or all.
    """
    for home in sorted(p for p in (root / "submitted").glob("*") if p.is_dir()):
        if students and home.name not in students:
            continue
        named = [
            p for p in sorted(home.iterdir()) if p.is_dir() and p.name.casefold() == assignment.casefold()
        ]
        for folder in sorted(named, key=lambda p: p.name != assignment)[:1]:
            files = [p for p in sorted(folder.rglob("*")) if _counts(p, folder)]
            yield _submission(home.name, folder, files)
        loose = [p for p in sorted(home.glob("*.ipynb")) if _counts(p, home)]
        if not named and any(p.stem.casefold().startswith(assignment.casefold()) for p in loose):
            yield _submission(home.name, home, loose)


def read_submission(
    submission: Submission, release: NotebookNode, instructor: NotebookNode | None = None
) -> Repaired:
    """The one notebook that counts, repaired.

    Files with another name are taken if they fit the released notebook. Where two fit that differ, the
    reader must decide; one that does not fit beside one that does is left out.

    Raises:
        NotebookError: if no notebook can be read, none fits, or several do.
    """
    if not submission.notebooks:
        raise NotebookError("no notebook was handed in")
    read: dict[Path, NotebookNode] = {}
    problems: dict[Path, NotebookError] = {}
    for path in submission.notebooks:
        try:
            read[path] = read_notebook(_content(path))
        except NotebookError as problem:
            problems[path] = problem
    fitting = {p: n for p, n in read.items() if len(read) == 1 or fit(n, release) >= ENOUGH}
    different = {str([(c.cell_type, c.source) for c in n.cells]) for n in fitting.values()}
    if len(different) > 1 or (fitting and any(_has_the_name(p, submission) for p in problems)):
        names = ", ".join(sorted(p.name for p in [*fitting, *problems]))
        raise NotebookError(f"several notebooks, and which one counts? {names}")
    if not fitting:
        path, problem = next(iter(problems.items()), (None, None))
        raise problem or NotebookError("no notebook fits the released one")
    chosen = next(iter(fitting))
    repaired = repair(fitting[chosen], release, instructor)
    repaired.notes += _remarks(submission, chosen)
    return repaired


def _submission(student: str, folder: Path, files: list[Path]) -> Submission:
    notebooks = tuple(p for p in files if p.suffix.lower() == ".ipynb")
    return Submission(student, folder, notebooks, tuple(p for p in files if p not in notebooks))


def _counts(path: Path, folder: Path) -> bool:
    """Whether it is a file that a student handed in: no link, no ghost of an operating system or editor."""
    parts = path.relative_to(folder).parts
    if path.is_symlink() or any(p.is_symlink() for p in path.parents if folder in p.parents):
        return False
    ghost = any(part in GHOSTS for part in parts) or path.name.startswith("._")
    return path.is_file() and not ghost


def _content(path: Path) -> bytes:
    """What a file holds, read no further than one can use."""
    with open(path, "rb") as file:
        return file.read(LARGEST_FILE + 1)


def _has_the_name(path: Path, submission: Submission) -> bool:
    return path.stem == submission.folder.name


def _remarks(submission: Submission, chosen: Path) -> Iterator[str]:
    if chosen.parent != submission.folder or chosen.stem != submission.folder.name:
        yield f"the notebook was called {chosen.relative_to(submission.folder)}"
    left = [p.name for p in submission.notebooks if p != chosen]
    if left:
        yield "other notebooks were left out: " + ", ".join(left)
    files = [p for p in submission.others if p.name != TIMESTAMP]
    if sum(p.stat().st_size for p in files) > OTHER_FILES:
        yield f"the files beside the notebook were left out: more than {OTHER_FILES // 1024**2} MB"
