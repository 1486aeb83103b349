"""What is kept of each graded submission: one file, written whole, keyed by all that decides a score."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.storage import write_text
from course_utils.tables import one_line

FOLDER = ".grading"
FORMAT = 1

GRADED, NEEDS_YOU, FLAGGED = "graded", "needs you", "flagged"
PASSED, PARTIAL, WRONG = "passed", "partial", "wrong"
DID_NOT_RUN, NOT_ANSWERED, WAITING = "did not run", "not answered", "waiting"
UNCLEAR = "unclear"


@dataclass
class CellResult:
    """What became of one graded cell.

    Attributes:
        cell: its ``grade_id``.
        kind: ``"graded"`` (hidden tests) or ``"written"``.
        points: what it is worth.
        score: the automatic score, 0 to ``points``; None where a person decides.
        outcome: ``passed``, ``partial`` or ``wrong``: the tests ran to an end or an error;
            ``did not run``: the kernel died, the cell hung, or time was up (score 0 if the cell itself was
            the cause, None otherwise); ``not answered``: a written answer as it was handed out;
            ``waiting``: a written answer awaits its mark; ``flagged``: signs of tampering; ``unclear``: the
            tests gave a number that is no score, or the answer cannot be told from other cells.
        where: of ``did not run``, the cell that caused it: its ``grade_id``, or ``cell 12`` as counted in
            the notebook from 1; else empty.
        why: in a sentence, for the instructor; whole here, cut to a line in tables and files. It may quote a
            hidden test: show students the outcome, and of ``did not run`` also ``where``.
    """

    cell: str
    kind: str
    points: float
    score: float | None
    outcome: str
    where: str = ""
    why: str = ""


@dataclass
class Result:
    """One submission, as ``.grading/<assignment>/<student>/result.json`` keeps it.

    The file is JSON with these names; ``cells`` is a list of objects with the names of
    :class:`CellResult`, in the order of the notebook. A folder of that name without the file belongs
    to a submission that has not been graded yet.

    Attributes:
        student: the name of the folder below ``submitted/``.
        assignment: for example ``01_concepts``.
        state: ``graded`` (a written answer that awaits its mark included), ``needs you`` or ``flagged``,
            as found when it was run. A person who has since marked the cells in question in formgrader
            settles it: `course grade` then shows ``graded``.
        why: why it is not ``graded``, in a sentence; else empty.
        seconds: wall-clock seconds that its execution took.
        notes: what was repaired, one sentence each; for the student too.
        stopped: cells that did not run to their end, by name, and why, in our own words; for the student too.
        cells: empty if the notebook could not be read (then ``notebook`` is None and ``why`` says why).
        notebook: the executed notebook as a dict of nbformat 4, with hidden tests: not for students.
        key: a hash of submission, tests, package and limits; empty if it must be run again (a worker
            was lost, say).
        sent: a hash of the submission alone; empty where it could not be read.
        edition: a hash of the notebook as it was built, both editions.
        written: whether nbgrader's gradebook has it.
        before: what the gradebook said before this result was written, by cell; None once it is written.
        changes: scores that another result of the same student had before: cell, old, new.
        told: whether a table has shown them.
        format: of this file, 1.
    """

    student: str
    assignment: str
    state: str
    why: str = ""
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)
    cells: list[CellResult] = field(default_factory=list)
    notebook: dict | None = None
    key: str = ""
    sent: str = ""
    edition: str = ""
    written: bool = False
    before: dict | None = None
    changes: list[dict] = field(default_factory=list)
    told: bool = False
    format: int = FORMAT

    def to_json(self) -> str:
        """The text of its file; ASCII, since JSON then holds any name and any half of a character."""
        return json.dumps(vars(self) | {"cells": [vars(cell) for cell in self.cells]}) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Result:
        """The reverse of :meth:`to_json`.

        Raises:
            ValueError: for a file of another version's format.
        """
        names = json.loads(text)
        if names["format"] != FORMAT:
            raise ValueError(f"format {names['format']}")
        return cls(**{**names, "cells": [CellResult(**cell) for cell in names["cells"]]})


@dataclass(frozen=True)
class Mark:
    """What the gradebook says about one cell of one student.

    Attributes:
        auto: nbgrader's score; None where a person must look.
        manual: a person's score, which comes before it.
        score: what counts, extra credit included.
        needs: whether it waits for a person.
    """

    auto: float | None
    manual: float | None
    score: float
    needs: bool

    @property
    def decided(self) -> bool:
        """Whether a person has marked it, and nobody is to look again."""
        return self.manual is not None and not self.needs


def result_file(root: Path, assignment: str, student: str) -> Path:
    """Where a result is kept, below the course folder."""
    return root / FOLDER / assignment / student / "result.json"


def read(root: Path, assignment: str, student: str) -> Result | None:
    """The result of a submission, or None if there is none that this version understands."""
    try:
        return Result.from_json(result_file(root, assignment, student).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def read_all(root: Path, assignment: str) -> Iterator[Result]:
    """The results of all students, in the order of their names."""
    for folder in sorted((root / FOLDER / assignment).glob("*/")):
        if result := read(root, assignment, folder.name):
            yield result


def references_file(root: Path, assignment: str) -> Path:
    """Where it is kept what hidden tests expect, by our own answers."""
    return root / FOLDER / assignment / "references.json"


def read_labels(root: Path, assignment: str) -> dict[str, list[str]]:
    """How the values are called that each graded cell compares; empty where our answers did not run."""
    try:
        kept = json.loads(references_file(root, assignment).read_text(encoding="utf-8"))["references"]
        return {name: [message["label"] for message in messages] for name, messages in kept.items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def sentence(problem: Exception) -> str:
    """What went wrong with a submission, on one line."""
    text = f"{problem.what} {problem.found}" if isinstance(problem, CourseError) else str(problem)
    first = next((line for line in text.splitlines() if line.strip()), "no message")
    return one_line(f"{type(problem).__name__}: {first}")


def write(root: Path, result: Result) -> None:
    """Keep a result in the place of the one before; whole or not at all."""
    write_text(result_file(root, result.assignment, result.student), result.to_json())


def fingerprint(*parts: bytes | str) -> str:
    """A key for what these parts decide."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(content) + content)
    return total.hexdigest()


def edition_files(root: Path, assignment: str) -> list[Path]:
    """The notebook of an assignment as it was released, and as we have it."""
    return [root / edition / assignment / f"{assignment}.ipynb" for edition in ("notebooks", "solutions")]


def of_files(paths: Iterable[Path], root: Path) -> str:
    """A key for names and contents of files below ``root``."""
    parts: list[bytes | str] = []
    for path in sorted(paths):
        parts += [path.relative_to(root).as_posix(), path.read_bytes()]
    return fingerprint(*parts)
