"""Who is in the class: a CSV of one's own, or what Moodle and Canvas export, as one table."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from course_utils.errors import CourseError

# Of these columns our own, or else the one that most lines fill (the first of equals), is the student's id in
# nbgrader. The others are the headers of Canvas' gradebook export and of Moodle's participants, grades and
# grading worksheet, in English.
OWN_ID = "student_id"
IDS = (OWN_ID, "sis login id", "username", "id number", "sis user id", "email address", "email")
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # of "Unicode text", as some spreadsheets say
NUMBERS = ("number", "identifier", "id")
NAMES = ("name", "full name", "student")
MANY_FOLDERS = "several folders of submitted/ are this student's, capitals aside: make them one"
FIRST, LAST = ("first_name", "first name"), ("last_name", "last name", "surname")


class RosterError(CourseError):
    """A roster that cannot be used."""


class UnknownStudent(Exception):
    """Nobody, or more than one, in the roster is the one that was looked for."""


@dataclass(frozen=True)
class Student:
    """A line of the roster.

    Attributes:
        id: the student's id in nbgrader, safe as the name of a folder.
        name: as the roster writes it; ``"Last, First"`` where it has two columns.
        number: what the LMS puts into file names: Canvas' user id, Moodle's participant number.
        row: the line itself, by the headers in small letters.
    """

    id: str
    name: str
    number: str
    row: dict[str, str]


@dataclass(frozen=True)
class Roster:
    """A class; made by :func:`read_roster`."""

    students: tuple[Student, ...]
    id_column: str = OWN_ID
    without_id: frozenset[str] = frozenset()  # names of lines whose id is empty

    def find(self, number: str, name: str, id_: str = "") -> Student:
        """The student of this id, else of this number, else of this name.

        Raises:
            UnknownStudent: if there is none, or several of that name and no number to tell them apart.
        """
        for key, known in ((id_key(id_), self._by_id), (number, self._by_number)):
            if key and len(known.get(key, ())) == 1:
                return known[key][0]
        found = self._by_name.get(name_key(name), []) if name else []
        if len(found) > 1:
            ids = ", ".join(student.id for student in found)
            raise UnknownStudent(f"several in the roster are called {name}: {ids}")
        if not found:
            there = bool(name) and name_key(name) in self.without_id
            raise UnknownStudent(
                f"in the roster, but without a {self.id_column}" if there else "not in the roster"
            )
        return found[0]

    @cached_property
    def _by_id(self) -> dict[str, list[Student]]:
        return _grouped((id_key(student.id), student) for student in self.students)

    @cached_property
    def _by_number(self) -> dict[str, list[Student]]:
        return _grouped((student.number, student) for student in self.students if student.number)

    @cached_property
    def _by_name(self) -> dict[str, list[Student]]:
        return _grouped((key, s) for s in self.students for key in sorted(_name_keys(s.name)))


def read_roster(path: Path, known: Collection[str] = ()) -> Roster:
    """Read a roster; lines without an id, such as Canvas' "Points Possible", are left out.

    Args:
        known: ids that are in use: of two columns the one that holds more of them is the students' id.

    Raises:
        RosterError: if there is no column for the id, or two lines have the same one.
    """
    header, rows = _table(path)
    filled = {name: _uses(rows, name, known) for name in IDS if name in header}
    id_column = OWN_ID if any(filled.get(OWN_ID, ())) else max(filled, key=filled.__getitem__, default=None)
    if id_column is None:
        raise RosterError(
            f"{path}: no column for the students' ids.",
            expected=f"one of {', '.join(IDS)}",
            found=", ".join(header) or "nothing",
            do="add a column student_id",
        )
    students = [_student(row, id_column) for row in rows if row[id_column]]
    nameless = [student.row[id_column] for student in students if not student.id]
    if nameless or not students:
        raise RosterError(
            f"{path}: ids that no folder can be called." if nameless else f"{path}: no line has an id.",
            expected=f"letters or digits in the column {id_column}",
            found=", ".join(nameless[:5]) or f"{len(rows)} lines",
            do="fill that column, or add a column student_id",
        )
    twice = [id_ for id_, found in _grouped((id_key(s.id), s) for s in students).items() if len(found) > 1]
    if twice:
        raise RosterError(
            f"{path}: an id stands in two lines.",
            found=", ".join(twice[:5]),
            do=f"make the column {id_column} unique, capitals aside",
        )
    without = [_student(row, id_column).name for row in rows if not row[id_column]]
    return Roster(tuple(students), id_column, frozenset(map(name_key, filter(None, without))))


def _uses(rows: Iterable[Mapping[str, str]], column: str, known: Collection[str]) -> tuple[int, int]:
    """How many of the known ids a column holds, and how many ids."""
    ids = [id_key(row[column]) for row in rows if row[column]]
    return len(set(ids) & set(map(id_key, known))), len(ids)


def safe_id(text: str) -> str:
    """``text`` as an id: letters and digits of any script and ``._@-`` stay, the rest becomes ``-``."""
    kept = re.sub(r"[^\w.@-]+", "-", unicodedata.normalize("NFC", text.strip())).strip(".-")
    return kept.encode()[:150].decode(errors="ignore").rstrip(".-")  # a folder's name has 255 bytes at most


def id_key(text: str) -> str:
    """An id, or a folder's name, by which two writings of it are the same: capitals do not count."""
    return safe_id(text).casefold()


def name_key(name: str) -> str:
    """A name by which two writings of it are the same: capitals, blanks and signs do not count."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-16" if content.startswith(UTF16) else "utf-8-sig")
    except OSError as problem:
        raise RosterError(
            f"{path} cannot be read.",
            expected="a CSV in UTF-8",
            found=problem.strerror,
            do="correct the path",
        ) from None
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise RosterError(
            f"{path} is not in UTF-8.",
            expected="a CSV in UTF-8",
            found=f"another encoding, such as Latin-1, in line {line}",
            do="save it again as `CSV UTF-8`, or: iconv -f latin1 -t utf8 class.csv > utf8.csv",
        ) from None


def _table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The headers, and the lines by them, all stripped; German and French spreadsheets write semicolons."""
    text = _text(path).lstrip("\r\n")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [
            {
                _header(key): (value or "").strip()
                for key, value in row.items()
                if isinstance(value, str | None)
            }
            for row in reader
        ]
        return [_header(key) for key in reader.fieldnames or ()], rows
    except csv.Error as problem:
        raise RosterError(
            f"{path} is no CSV.",
            expected="quotes in pairs",
            found=f"{problem}, in line {reader.line_num + 1}",
            do="correct that line, or save the table anew as `CSV UTF-8`",
        ) from None


def _header(text: str) -> str:
    return text.strip().lower()


def _student(row: dict[str, str], id_column: str) -> Student:
    def column(names: Iterable[str]) -> str:
        return next((row[name] for name in names if row.get(name)), "")

    first, last = column(FIRST), column(LAST)
    name = f"{last}, {first}" if first and last else column(NAMES) or first or last
    number = column(NUMBERS).removeprefix("Participant ").strip()
    return Student(safe_id(row[id_column]), name, number, row)


def _name_keys(name: str) -> set[str]:
    """Moodle writes "Ada Lovelace", Canvas "lovelaceada": the name as it stands, and turned round."""
    last, comma, first = name.partition(",")
    words = name.split()
    turned = f"{first}{last}" if comma else " ".join([words[-1], *words[:-1]]) if words else ""
    return {key for key in (name_key(name), name_key(turned)) if key}


def _grouped(pairs: Iterable[tuple[str, Student]]) -> dict[str, list[Student]]:
    groups: dict[str, list[Student]] = {}
    for key, student in pairs:
        groups.setdefault(key, []).append(student)
    return groups
