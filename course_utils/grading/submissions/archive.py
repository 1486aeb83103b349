"""Reads a zip that nobody vouches for: nothing is unpacked, every size is counted as it arrives."""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from course_utils.errors import CourseError

CHUNK = 1 << 16
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other methods expand without a bound on memory
GHOSTS = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini", ".ipynb_checkpoints")


class ArchiveError(CourseError):
    """A zip that cannot be read, or that no class would hand in."""


@dataclass(frozen=True)
class Limits:
    """How much a zip may hold.

    Attributes:
        member: bytes of one file, expanded; a notebook with many figures has a few million.
        total: bytes of all files of an archive together, expanded.
        ratio: how many times larger than its packed form a file of more than a million bytes may get;
            notebooks get up to about ten times as large.
        count: files in one zip.
        nested: bytes of a zip inside the zip.
    """

    member: int = 64_000_000
    total: int = 8_000_000_000
    ratio: int = 200
    count: int = 20_000
    nested: int = 32_000_000


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        path: its name, NFC, with slashes; names of zips around it come first.
        time: when it was last changed, in UTC.
        inside: the zip that it came in, where that one lies in the archive.
        content: its bytes; empty where there is a ``problem``.
        problem: why it was not read; empty if all is well.
        ghost: left by an operating system or an editor, nobody's work.
    """

    path: str
    time: datetime
    content: bytes = b""
    problem: str = ""
    ghost: bool = False
    inside: Member | None = None


class _Refused(Exception):
    """Why a file is not read."""


def members(archive: Path, limits: Limits = Limits()) -> Iterator[Member]:
    """Every file of a zip, and of the zips in it (one level), each read or with the reason why not.

    Raises:
        ArchiveError: if the archive itself cannot be opened, or holds more files than ``limits.count``.
    """
    budget = [limits.total]
    try:
        file = open(archive, "rb")
        fallback = datetime.fromtimestamp(int(archive.stat().st_mtime), UTC)
    except OSError as problem:
        folder = archive.is_dir()
        raise ArchiveError(
            f"{archive} cannot be opened.",
            expected="the zip as Moodle or Canvas made it",
            found="a folder" if folder else problem.strerror,
            do="name the zip itself, not what was unpacked from it" if folder else "correct the path",
        ) from None
    with file:
        for member in _read(file, "", fallback, limits, budget):
            if not _is_zip(member):
                yield member
                continue
            yield from _nested(member, limits, budget)


def _nested(outer: Member, limits: Limits, budget: list[int]) -> Iterator[Member]:
    """The files of a zip inside the zip; what is wrong with that zip is the problem of one member."""
    if len(outer.content) > limits.nested:
        yield _refused(outer, f"a zip of over {limits.nested:,} bytes inside the zip")
        return
    try:
        for inner in _read(io.BytesIO(outer.content), f"{outer.path}/", outer.time, limits, budget):
            inner = replace(inner, inside=replace(outer, content=b""))
            yield _refused(inner, "a zip in a zip in a zip") if _is_zip(inner) else inner
    except ArchiveError as problem:
        yield _refused(outer, problem.what.rstrip("."))


def _read(file, around: str, fallback: datetime, limits: Limits, budget: list[int]) -> Iterator[Member]:
    try:
        opened = zipfile.ZipFile(file)
        entries = opened.infolist()
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        OSError,
        ValueError,
        OverflowError,
        NotImplementedError,
    ) as problem:
        raise ArchiveError(
            "this is not a zip, or a broken one.",
            expected="the zip as the LMS made it",
            found=str(problem),
            do="download it again",
        ) from None
    with opened:
        if len(entries) > limits.count:
            raise ArchiveError(
                f"a zip of {len(entries):,} files.",
                expected=f"{limits.count:,} at most",
                do="is it the right archive? if so, split it",
            )
        for entry in entries:
            name = _name(entry)
            if name.endswith("/"):
                continue
            member = Member(around + name, _time(entry, fallback), ghost=is_ghost(name))
            yield member if member.ghost else _content(opened, entry, member, limits, budget)


def _content(
    opened: zipfile.ZipFile, entry: zipfile.ZipInfo, member: Member, limits: Limits, budget: list[int]
) -> Member:
    """The member with its bytes, or with the reason why it has none."""
    try:
        _refuse_by_header(entry, member.path)
        content = _expand(opened, entry, limits, budget)
    except _Refused as problem:
        return _refused(member, str(problem))
    except MemoryError:
        raise
    except Exception as problem:  # zipfile has many for a damaged file
        return _refused(member, f"damaged in the zip ({str(problem) or type(problem).__name__})")
    return Member(member.path, member.time, content)


def _refuse_by_header(entry: zipfile.ZipInfo, path: str) -> None:
    if path.startswith("/") or ".." in path.split("/") or path[1:3] in (":", ":/"):
        raise _Refused("its name points out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _Refused("a symbolic link, not a file")
    if entry.flag_bits & 1:
        raise _Refused("encrypted with a password")
    if entry.compress_type not in PLAIN:
        raise _Refused("packed by a method that we do not open; use an ordinary zip")


def _expand(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits, budget: list[int]) -> bytes:
    """The bytes, counted as they arrive: what the header says of their number is not believed."""
    chunks, size, packed = [], 0, max(entry.compress_size, 1)
    with opened.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            budget[0] -= len(chunk)
            if size > limits.member:
                raise _Refused(f"expands to more than {limits.member:,} bytes")
            if size > 1_000_000 and size > limits.ratio * packed:
                raise _Refused(f"expands to more than {limits.ratio} times its size: a zip bomb?")
            if budget[0] < 0:
                raise _Refused(f"the archive expands to more than {limits.total:,} bytes")
            chunks.append(chunk)
    return b"".join(chunks)


def _name(entry: zipfile.ZipInfo) -> str:
    """Many programs write UTF-8 without saying so, and zipfile then reads code page 437."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _time(entry: zipfile.ZipInfo, fallback: datetime) -> datetime:
    """The UTC time of the extra field 0x5455 (PKWARE's appnote, 4.6.1); without it the local time."""
    extra = entry.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 0x5455 and length >= 5 and len(extra) >= 9 and extra[4] & 1:
            return datetime.fromtimestamp(struct.unpack_from("<I", extra, 5)[0], UTC)
        extra = extra[4 + length :]
    try:
        return datetime(*entry.date_time).astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # a date that no calendar has
        return fallback


def is_ghost(name: str) -> bool:
    """Whether an operating system or an editor has left a file, by its path with ``/``."""
    parts = name.lower().split("/")
    return any(part in GHOSTS for part in parts) or parts[-1].startswith("._")


def _is_zip(member: Member) -> bool:
    return not member.problem and not member.ghost and member.path.lower().endswith(".zip")


def _refused(member: Member, why: str) -> Member:
    return Member(member.path, member.time, problem=why)
