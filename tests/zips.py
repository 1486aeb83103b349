"""Zips as Moodle, Canvas and less friendly people make them, and notebooks to put into them."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from pathlib import Path

CELLS = {"90_sample": ("double-answer", "double-1", "why"), "91_other": ("other-answer", "other-1")}
NOON = (2026, 3, 1, 12, 0, 0)
LATER = (2026, 3, 2, 12, 0, 0)


def notebook(answer: str = "1", assignment: str = "90_sample") -> bytes:
    """A notebook with the cells of an assignment; ``answer`` tells two of them apart."""
    cells = [
        {
            "cell_type": "code",
            "source": f"answer = {answer}",
            "metadata": {"nbgrader": {"grade_id": id_}},
            "execution_count": None,
            "outputs": [],
        }
        for id_ in CELLS.get(assignment, ())
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def released(root: Path) -> Path:
    """A course folder in which two notebooks were released."""
    for name in CELLS:
        (root / "notebooks" / name).mkdir(parents=True)
        (root / "notebooks" / name / f"{name}.ipynb").write_bytes(notebook(assignment=name))
    return root


def member(name: str, time: tuple = NOON, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """The header of a member."""
    info = zipfile.ZipInfo(name, time)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def packed(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A zip of these members in this order; a name stands for an ordinary file of noon."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name if isinstance(name, zipfile.ZipInfo) else member(name), content)
    return file.getvalue()


def moodle(name: str, number: int, file: str = "90_sample.ipynb") -> str:
    return f"{name}_{number}_assignsubmission_file_/{file}"


def canvas(name: str, number: int, upload: int, file: str = "90_sample.ipynb") -> str:
    return f"{name}_{number}_{upload}_{file}"


def with_bytes(archive: bytes, old: bytes, new: bytes) -> bytes:
    """The same archive with other bytes at each place; for names that zipfile would not write."""
    assert len(old) == len(new) and old in archive
    return archive.replace(old, new)


def far_away(archive: bytes) -> bytes:
    """A zip of one file that begins after 2**64 - 1 bytes, as its extra field of zip64 says."""
    found = bytearray(archive)
    entry, end = found.find(b"PK\x01\x02"), found.find(b"PK\x05\x06")
    extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    struct.pack_into("<H", found, entry + 30, len(extra))
    struct.pack_into("<L", found, entry + 42, 0xFFFFFFFF)
    struct.pack_into("<L", found, end + 12, end - entry + len(extra))
    name = struct.unpack_from("<H", found, entry + 28)[0]
    found[entry + 46 + name : entry + 46 + name] = extra
    return bytes(found)


def without_utf8_flag(archive: bytes) -> bytes:
    """The same archive, as by a program that writes UTF-8 names and does not say so."""
    found = bytearray(archive)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = found.find(magic)
        while position >= 0:
            flags = struct.unpack_from("<H", found, position + offset)[0]
            struct.pack_into("<H", found, position + offset, flags & ~0x800)
            position = found.find(magic, position + 4)
    return bytes(found)


def with_flag(archive: bytes, bit: int) -> bytes:
    """The same archive with a general-purpose flag set on its only member."""
    found = bytearray(archive)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = found.find(magic)
        flags = struct.unpack_from("<H", found, position + offset)[0]
        struct.pack_into("<H", found, position + offset, flags | bit)
    return bytes(found)


def claiming_size(archive: bytes, size: int) -> bytes:
    """The same archive with a lie about the expanded size of its only member."""
    found = bytearray(archive)
    struct.pack_into("<I", found, found.find(b"PK\x03\x04") + 22, size)
    struct.pack_into("<I", found, found.find(b"PK\x01\x02") + 24, size)
    return bytes(found)
