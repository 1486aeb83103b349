"""Files that are written whole or not at all, the cache folder, and arrays stored in it."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import platformdirs

from course_utils.environ import is_grading
from course_utils.errors import EnvironmentProblem

NAMES = "names.txt"  # of an entry's arrays
ROOM = 25_000_000  # bytes: the 6,000 cartoons take 18 million, photographs come on top


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """Open ``path`` for writing so that an interrupt at any moment leaves the old file or the new.

    What is written goes to a temporary file beside it, which takes the name once it is on the disk.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    with whole_file(path) as file:
        file.write(text.encode())


def cache_dir() -> Path:
    """Where downloads and decoded images go: ``$COURSE_DATA``, else the platform's cache folder.

    Everything in it can be fetched or computed again; delete it to free the space.
    """
    chosen = os.environ.get("COURSE_DATA")
    if chosen:
        return Path(os.path.abspath(os.path.expanduser(chosen)))
    return platformdirs.user_cache_path("course_utils", appauthor=False)


def file_stamp(path: Path) -> str:
    """Path, size and time of change of a file: a key that changes with the file."""
    status = path.stat()
    return f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"


def stored_arrays(key: str, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays that ``make`` gives: computed once, then memory mapped from the cache folder.

    A mapped array costs no time until it is read; writing to it changes the copy in memory, never
    the file. With a cache folder that is read-only or full the arrays stay in memory, and one line says so.

    Args:
        key: all that the arrays depend on, versions included; another key is another entry.
        make: computes the arrays; the names must be usable as file names.
    """
    entry = cache_dir() / "arrays" / _entry_name(key)
    arrays = _load(entry)
    if arrays is not None:
        return arrays
    arrays = make()
    try:
        _store(entry, arrays)
    except OSError as problem:
        if not entry.is_dir():  # else another process was faster
            warn_not_kept(problem.strerror or str(problem))
    return _load(entry) or arrays


def free_space(folder: Path, probe: int = 1) -> int:
    """Bytes free on the disk of a folder, which is made, and tried with a file of ``probe`` bytes.

    Raises:
        OSError: if it cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(probe))
    return shutil.disk_usage(folder).free


def require_room(folder: Path, room: int, do: str = "choose another folder") -> None:
    """Make the folder, write a file to it, and see whether there is room.

    Args:
        folder: may exist, with files in it.
        room: bytes that must be free.
        do: what else to do where there is none.

    Raises:
        EnvironmentProblem: if it cannot be made or written, or has no room.
    """
    expected = f"a folder that takes {room / 1e6:,.0f} MB"
    try:
        free = free_space(folder, probe=1 << 20)
    except OSError as problem:
        raise EnvironmentProblem(
            f"nothing can be written to {folder}.",
            expected=expected,
            found="a file of that name" if folder.is_file() else problem.strerror,
            do=do,
        ) from None
    if free < room:
        raise EnvironmentProblem(
            f"the disk of {folder} is nearly full.",
            expected=expected,
            found=f"{free / 1e6:,.0f} MB free",
            do=f"make room, or {do}",
        )


def cache_problem() -> str:
    """Why the cache folder cannot keep what the course draws and decodes; empty if it can."""
    try:
        free = free_space(cache_dir())
    except OSError as problem:
        return problem.strerror or str(problem)
    return "" if free >= ROOM else f"{free / 1e6:.0f} MB free, of {ROOM / 1e6:.0f} needed"


@functools.cache
def warn_not_kept(reason: str) -> None:
    """Say once that nothing is kept, and what to do; silent while nbgrader runs: nobody could act on it."""
    if is_grading():
        return
    print(
        f"cache:   {cache_dir()} keeps nothing ({reason}): pictures are made anew each time; "
        "set COURSE_DATA to a folder with room that you may write to",
        file=sys.stderr,
    )


def _entry_name(key: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", key).strip("-.")[:40]
    return f"{readable}-{hashlib.sha256(os.fsencode(key)).hexdigest()[:16]}"


def _load(entry: Path) -> dict[str, np.ndarray] | None:
    """The arrays of an entry, or None where it is missing or damaged, or has lost a file."""
    try:
        names = (entry / NAMES).read_text(encoding="utf-8").split()
        return {name: np.load(entry / f"{name}.npy", mmap_mode="c") for name in names}
    except (OSError, ValueError, EOFError):
        return None


def _store(entry: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write all arrays to a temporary folder, then rename it: an entry is whole or not there."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=entry.parent, ignore_cleanup_errors=True) as scratch:
        whole = Path(scratch) / entry.name
        whole.mkdir()
        (whole / NAMES).write_text("\n".join(arrays), encoding="utf-8")
        for name, array in arrays.items():
            with open(whole / f"{name}.npy", "wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        if entry.exists():  # damaged, or another process was faster
            entry.rename(Path(scratch) / "old")
        whole.rename(entry)
