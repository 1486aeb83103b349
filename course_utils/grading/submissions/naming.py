"""Who handed a file in, read off its name: Moodle's way, Canvas' way, or a pattern of one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from course_utils.errors import CourseError

# mod/assign/classes/downloader.php: name, participant number (another one in each assignment), plugin; then a
# folder, or the file at once where "Download submissions in folders" is off.
MOODLE = (
    r"(?:^|/)(?P<name>[^/_]+)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)_?(?:/|(?<=_))(?P<file>.+)$"
)
# What follows is no date, as in hw_2026_01_30.zip, which is nobody's.
NO_DATE = r"(?!(?:19|20)\d\d_(?:0?[1-9]|1[0-2])_(?:0?[1-9]|[12]\d|3[01])(?!\d))"
# lib/content_zipper.rb: sortable name in small letters and without signs, LATE, user id, attachment id, file.
CANVAS = (
    rf"(?:^|/)(?P<name>[^\W_][^/]*?)(?:_(?P<late>LATE))?_{NO_DATE}(?P<number>\d+)_(?P<attempt>\d+)_(?P<file>[^/]+)$",
    r"(?:^|/)(?:(?P<late>LATE)_)?anon_(?P<number>\w+?)_(?P<attempt>\d+)_(?P<file>[^/]+)$",
)
PATTERNS = {"moodle": (MOODLE,), "canvas": (CANVAS[1], CANVAS[0]), "auto": (MOODLE, CANVAS[1], CANVAS[0])}
GROUPS = ("student_id", "name", "number")


class PatternError(CourseError):
    """A pattern for file names that cannot be used."""


@dataclass(frozen=True)
class Owner:
    """What a file's name says.

    Attributes:
        id: the student's id, where a pattern of one's own has one.
        name: the student's, as the LMS writes it.
        number: tells two students of the same name apart.
        file: what the student called the file.
        attempt: counts up from one upload to the next; 0 where the name does not say.
        time: from a pattern of one's own; None where the name does not say.
        late: whether Canvas marked it so.
        plugin: Moodle's kind of submission; anything but ``file`` is no file of the student's.
    """

    id: str = ""
    name: str = ""
    number: str = ""
    file: str = ""
    attempt: int = 0
    time: datetime | None = None
    late: bool = False
    plugin: str = "file"


def patterns(lms: str, own: str | None) -> list[re.Pattern]:
    """The patterns to try in turn.

    Raises:
        PatternError: if ``own`` is no regular expression, or names no student.
    """
    if own is None:
        return [re.compile(pattern) for pattern in PATTERNS[lms]]
    expected = "a regular expression with (?P<student_id>...), or (?P<name>...) and (?P<number>...)"
    try:
        compiled = re.compile(own)
    except re.error as problem:
        raise PatternError("this pattern cannot be used.", expected=expected, found=str(problem)) from None
    if not set(GROUPS) & set(compiled.groupindex):
        raise PatternError("this pattern names no student.", expected=expected, found=own)
    return [compiled]


def owner(path: str, tried: Sequence[re.Pattern]) -> Owner | None:
    """Whose file this is; None if no pattern fits its name."""
    match = next((m for m in (pattern.search(path) for pattern in tried) if m), None)
    if match is None:
        return None
    said = {key: value for key, value in match.groupdict().items() if value}
    return Owner(
        id=said.get("student_id", ""),
        name=said.get("name", "").strip(),
        number=said.get("number", ""),
        file=said.get("file", path).rpartition("/")[2],
        attempt=int(said["attempt"]) if said.get("attempt", "").isdigit() else 0,
        time=_time(said.get("timestamp", "")),
        late="late" in said,
        plugin=said.get("plugin", "file"),
    )


def _time(text: str) -> datetime | None:
    """``2026-01-30-15-00-00`` and the like: year to second in this order, whatever stands between, in UTC."""
    numbers = [int(n) for n in re.findall(r"\d+", text)][:6]
    try:
        return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]  # six numbers at most
    except (TypeError, ValueError):
        return None
