"""From an LMS's zip to nbgrader's folder `submitted`: every file accounted for, no older work lost."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from course_utils.course.names import notebooks_in
from course_utils.course.notebookfile import NotebookError, read_notebook
from course_utils.course.released import assignment_of
from course_utils.errors import NO_ROOM, CourseError
from course_utils.grading.submissions.archive import Limits, Member, members
from course_utils.grading.submissions.finding import TIMESTAMP, time_stamp
from course_utils.grading.submissions.naming import Owner, owner, patterns
from course_utils.grading.submissions.roster import (
    MANY_FOLDERS,
    Roster,
    UnknownStudent,
    id_key,
    name_key,
    safe_id,
)
from course_utils.storage import whole_file, write_text
from course_utils.tables import one_line, table

NOTEBOOK_ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # browsers and mail programs append the last two
# What can become of a file. The first group is well; the second needs the instructor.
COLLECTED, UNCHANGED, REPLACED = "collected", "unchanged", "replaced"
OLDER, IGNORED = "older attempt", "ignored"
UNREADABLE, LEFT_OUT = "UNREADABLE", "LEFT OUT"
NEEDS_YOU = (UNREADABLE, LEFT_OUT)
LIMITS = Limits()  # of the archive


@dataclass(frozen=True)
class Outcome:
    """What became of one file of the archive."""

    file: str
    what: str
    student: str = ""
    assignment: str = ""
    time: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class Look:
    """What a file turned out to be.

    Attributes:
        assignment: whose cells are in it; None if there are none.
        problem: why it cannot be read as a notebook.
        blank: whether every cell of ours is as it was handed out.
    """

    assignment: str | None = None
    problem: str = ""
    blank: bool = False

    @property
    def quality(self) -> int:
        """3 for a notebook of the course, 2 for a blank one, 1 for any other, 0 for what cannot be read."""
        if self.problem or self.assignment is None:
            return 0 if self.problem else 1
        return 2 if self.blank else 3

    def __str__(self) -> str:
        if self.problem or self.assignment is None:
            return self.problem or "no cell of this course in it"
        return "as it was handed out" if self.blank else ""


@dataclass(frozen=True)
class Attempt:
    """A notebook of a known student, and how it compares with the student's other ones.

    Attributes:
        time: when it was handed in.
        number: the LMS's count of uploads.
        changed: when the file itself was last changed, as the student's zip says.
        position: in the archive.
        content: a file with its bytes, so that a class does not have to fit into memory.
        sender: the LMS's number of who handed it in; empty where an id told who it is.
        look: what was found in it; an unreadable one is kept all the same if there is no better one.
    """

    student: str
    assignment: str
    time: datetime
    number: int
    changed: datetime
    position: int
    path: str
    content: Path
    look: Look
    late: bool
    sender: str

    @property
    def rank(self) -> tuple:
        """The larger one counts: better, then later, then the LMS's count, then changed later."""
        return self.look.quality, self.time, self.number, self.changed, self.position

    def outcome(self, what: str, detail: str = "") -> Outcome:
        notes = [detail, str(self.look), "late by the LMS" * self.late]
        told = "; ".join(note for note in notes if note)
        return Outcome(self.path, what, self.student, self.assignment, self.time, told)


@dataclass(frozen=True)
class Course:
    """Where things lie, and what is known of the class.

    Attributes:
        root: the course folder.
        released: the cells of each assignment's release, by grade id, as they were handed out.
        assignment: the one that is collected; None to read it off each notebook.
        roster: None to make ids of the names and numbers in the archive.
    """

    root: Path
    released: Mapping[str, Mapping[str, str]]
    assignment: str | None = None
    roster: Roster | None = None


class _LeftOut(Exception):
    """Why a file is not collected."""


def collect(
    archive: Path, course: Course, lms: str = "auto", pattern: str | None = None, limits: Limits = LIMITS
) -> list[Outcome]:
    """Put the latest notebook of each student into ``submitted/<student>/<assignment>/``.

    What was there before moves to ``replaced/<student>/<assignment>/``, never away. Nothing of the archive is
    believed: not its names, sizes or types; nothing is written but notebooks and their times.

    Returns:
        One outcome for each file of the archive, in its order.

    Raises:
        ArchiveError, PatternError: if there is nothing to begin with. A bad file is only an outcome.
    """
    tried = patterns(lms, pattern)
    attempts: list[Attempt] = []
    outcomes: dict[int, Outcome] = {}
    with tempfile.TemporaryDirectory() as spool:
        for position, member in enumerate(members(archive, limits)):
            content = Path(spool, str(position))
            sorted_in = _sort_in(member, position, content, course, tried)
            if isinstance(sorted_in, Outcome):
                outcomes[position] = sorted_in
                continue
            content.write_bytes(member.content)
            attempts.append(sorted_in)
        for same in _by_target(attempts):
            outcomes |= _store_best(course, same)
    return _with_empty_handed([outcomes[position] for position in sorted(outcomes)])


def released_cells(root: Path) -> dict[str, dict[str, str]]:
    """The source of each marked cell of each notebook in ``notebooks/``, by grade id.

    Raises:
        CourseError: if none was built.
    """
    found = {}
    for path in notebooks_in(root / "notebooks"):
        cells = read_notebook(path.read_bytes()).cells
        found[path.stem] = {cell.metadata.grade_id: cell.source for cell in cells if cell.metadata.marked}
    if not found:
        raise CourseError("there is no notebook to compare submissions with.", do="run `course build`")
    return found


def students_there(root: Path) -> set[str]:
    """Whose folders are in ``submitted/``."""
    return {path.name for path in (root / "submitted").glob("*")}


def needs_you(outcomes: Iterable[Outcome]) -> bool:
    """Whether anything was left out, or cannot be read."""
    return any(outcome.what in NEEDS_YOU for outcome in outcomes)


def report(outcomes: Sequence[Outcome]) -> str:
    """A table of all but ignored files, and a line of sums."""
    rows = [
        {
            "student": o.student or "?",
            "file": one_line(o.file, 100),
            "time (UTC)": f"{o.time:%Y-%m-%d %H:%M:%S}" if o.time else "-",
            "what": o.what,
            "why": one_line(o.detail, 100),
        }
        for o in outcomes
        if o.what != IGNORED
    ]
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.what] = counts.get(outcome.what, 0) + 1
    sums = ", ".join(f"{n} {what}" for what, n in counts.items()) or "the archive is empty"
    return f"{table(rows)}\n\n{sums}" if rows else sums


def _sort_in(
    member: Member, position: int, content: Path, course: Course, tried: Sequence
) -> Attempt | Outcome:
    """An attempt, whose bytes will be in ``content``, or what became of the file at once."""
    if member.ghost:
        return Outcome(member.path, IGNORED, detail="left by an operating system or an editor")
    said, time = _sender(member, tried)
    student = ""
    try:
        if said is None:
            raise _LeftOut(member.problem or "its name fits neither Moodle, Canvas nor your --pattern")
        student = _student(said, course.roster)
        if member.problem:
            raise _LeftOut(member.problem)
        if said.plugin != "file" or not said.file.lower().endswith(NOTEBOOK_ENDINGS):
            return Outcome(member.path, IGNORED, student, detail="not a notebook")
        look = _look(member.content, course)
        assignment = _assignment(look, said, course)
        return Attempt(
            student,
            assignment,
            said.time or time,
            said.attempt,
            member.time,
            position,
            member.path,
            content,
            look,
            said.late,
            "" if said.id else said.number,
        )
    except _LeftOut as problem:
        return Outcome(member.path, LEFT_OUT, student, time=member.time, detail=str(problem))


def _sender(member: Member, tried: Sequence) -> tuple[Owner | None, datetime]:
    """Who handed a file in, and when: of a zip that a student made, the LMS's name and time count.

    What is in such a zip is the student's own word. A zip whose own name fits nobody was made by a teacher.
    """
    around = member.inside
    if around and (said := owner(around.path, tried)):
        return replace(said, file=member.path.rpartition("/")[2]), around.time
    return owner(member.path, tried), member.time


def _student(said: Owner, roster: Roster | None) -> str:
    """The student's id; without a roster the number in it keeps two students of one name apart."""
    if roster is not None:
        try:
            return roster.find(said.number, said.name, safe_id(said.id)).id
        except UnknownStudent as problem:
            raise _LeftOut(str(problem)) from None
    id_ = "_".join(filter(None, map(safe_id, (said.id,) if said.id else (said.name, said.number))))
    if not id_:
        raise _LeftOut("its name holds no letters for a student's id")
    return id_


def _look(content: bytes, course: Course) -> Look:
    try:
        cells = read_notebook(content).cells
    except NotebookError as error:
        return Look(problem=error.what)
    # By id too: some editors drop the grade_id. A copied cell has the mark of the original.
    there = [(name, cell.source) for cell in cells for name in (cell.metadata.grade_id, cell.id)]
    assignment = assignment_of(dict(there), course.released)
    if assignment is None:
        return Look()
    ours = course.released[assignment].items()
    return Look(assignment, blank={pair for pair in there if pair[0] in dict(ours)} == set(ours))


def _assignment(look: Look, said: Owner, course: Course) -> str:
    """What a file is collected for: what is in it decides, then what was asked for, then its name."""
    if course.assignment and look.assignment not in (None, course.assignment):
        raise _LeftOut(f"a notebook of {look.assignment}")
    assignment = look.assignment or course.assignment or _named(said.file, course.released)
    if assignment is None:
        raise _LeftOut(f"{look}; for which assignment? say --assignment")
    return assignment


def _named(file: str, released: Iterable[str]) -> str | None:
    """The assignment whose name a file's begins with: ``01_concepts (2).ipynb``."""
    return next((name for name in released if name_key(file).startswith(name_key(name))), None)


def _by_target(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """The attempts of each student and assignment, best first."""
    groups: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault((id_key(attempt.student), attempt.assignment), []).append(attempt)
    return [sorted(group, key=lambda a: a.rank, reverse=True) for group in groups.values()]


def _store_best(course: Course, same: list[Attempt]) -> dict[int, Outcome]:
    homes = [name for name in students_there(course.root) if id_key(name) == id_key(same[0].student)]
    if len(homes) > 1:
        why = f"{MANY_FOLDERS}: {', '.join(map(one_line, sorted(homes)))}"
        return {attempt.position: attempt.outcome(LEFT_OUT, why) for attempt in same}
    if len(senders := {attempt.sender for attempt in same} - {""}) > 1:
        numbers = ", ".join(map(one_line, sorted(senders)))
        why = f"the archive has {len(senders)} people of this name: {numbers}"
        return {attempt.position: attempt.outcome(LEFT_OUT, why) for attempt in same}
    best, *others = (replace(attempt, student=homes[0]) for attempt in same) if homes else same
    try:
        outcomes = {best.position: _store(course, best)}
    except OSError as problem:
        if problem.errno in NO_ROOM:
            raise
        why = f"{_told(course.root, problem.filename)} cannot be written or read: {problem.strerror}"
        return {attempt.position: attempt.outcome(LEFT_OUT, why) for attempt in same}
    for other in others:
        outcomes[other.position] = other.outcome(_beside(other, best), f"{one_line(best.path)} counts")
    return outcomes


def _told(root: Path, file: str | None) -> str:
    """A file as the course folder names it; the system may not say which it was."""
    return os.path.relpath(file, root) if file else "the submission"


def _beside(other: Attempt, best: Attempt) -> str:
    """What a file is beside the one that counts; a newer one, or one as new, is for a person to look at."""
    if other.look.problem and not best.look.problem:
        return UNREADABLE
    older = (other.time, other.number) < (best.time, best.number)
    blank = other.look.blank and other.time <= best.time
    if older or blank or other.content.read_bytes() == best.content.read_bytes():
        return OLDER
    return LEFT_OUT


def _store(course: Course, new: Attempt) -> Outcome:
    """Write an attempt, unless what is there is the same, better, or later."""
    target = course.root / "submitted" / new.student / new.assignment / f"{new.assignment}.ipynb"
    content = new.content.read_bytes()
    unreadable = UNREADABLE if new.look.problem else ""
    if not target.exists():
        _write(target, content, new.time)
        return new.outcome(unreadable or COLLECTED)
    before, there = target.read_bytes(), _time_of(target)
    if before == content:  # handed in again, or downloaded again: the earlier time holds
        stamped = target.with_name(TIMESTAMP).exists()
        _stamp(target, min(new.time, there) if stamped else new.time)
        return new.outcome(unreadable or UNCHANGED)
    stays = f"the one of {there:%Y-%m-%d %H:%M:%S} stays"
    old, now = (_look(before, course).quality, there), (new.look.quality, new.time)
    if now < old:
        return new.outcome(unreadable or (OLDER if new.time < there else LEFT_OUT), stays)
    if now == old:
        return new.outcome(LEFT_OUT, f"as old as the one that is there, but not the same; {stays}")
    kept = _keep(course.root, new, before, there)
    _write(target, content, new.time)
    moved = f"the one of {there:%Y-%m-%d %H:%M:%S} is now {kept.relative_to(course.root).as_posix()}"
    return new.outcome(unreadable or REPLACED, moved)


def _keep(root: Path, new: Attempt, before: bytes, time: datetime) -> Path:
    """Put an older submission aside, outside of what nbgrader grades."""
    name = f"{time:%Y%m%d-%H%M%S}-{hashlib.sha256(before).hexdigest()[:8]}.ipynb"
    path = root / "replaced" / new.student / new.assignment / name
    with whole_file(path) as file:
        file.write(before)
    return path


def _write(target: Path, content: bytes, time: datetime) -> None:
    """No time stands beside a notebook that it does not belong to: the next run puts an interrupt right."""
    target.with_name(TIMESTAMP).unlink(missing_ok=True)
    with whole_file(target) as file:
        file.write(content)
    _stamp(target, time)


def _stamp(target: Path, time: datetime) -> None:
    """The time of a submission, for nbgrader and for people."""
    stamp = target.with_name(TIMESTAMP)
    write_text(stamp, f"{time:%Y-%m-%d %H:%M:%S} UTC\n")
    for path in (target, stamp):
        os.utime(path, (time.timestamp(), time.timestamp()))


def _time_of(target: Path) -> datetime:
    """When the submission that is there was handed in: nbgrader's time stamp, else the file's own time."""
    if text := time_stamp(target.parent):
        return parse_utc(text).replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(target.stat().st_mtime), UTC)


def _with_empty_handed(outcomes: list[Outcome]) -> list[Outcome]:
    """A file beside a student's notebook is ignored; the only file of a student is left out, and said so."""
    told = {o.student for o in outcomes if o.what != IGNORED}
    return [
        replace(o, what=LEFT_OUT, detail=f"{o.detail}, and this student handed in no other file")
        if o.what == IGNORED and o.student and o.student not in told
        else o
        for o in outcomes
    ]
