"""Files in a folder that somebody else has filled: only its own regular ones are opened, and not for long."""

from __future__ import annotations

import os
import stat
from collections import deque
from pathlib import Path

MOST_FILES = 2000  # in the folder of one submission, folders included
# Of what became a link or a FIFO since it was listed, neither the target is opened nor a writer awaited.
_WARY = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Unfit(Exception):
    """Why a file or folder is not taken, in a sentence for its student."""


def regular_files(folder: Path) -> list[Path]:
    """All regular files below a folder, sorted; links, devices and FIFOs are passed over, not looked at.

    Raises:
        Unfit: if there are more than ``MOST_FILES`` entries, or a folder cannot be read.
    """
    found: list[Path] = []
    left, seen = deque([folder]), 0
    while left:
        for entry in _entries(left.popleft()):
            seen += 1
            if seen > MOST_FILES:
                raise Unfit(f"more than {MOST_FILES} files were handed in")
            if entry.is_dir(follow_symlinks=False):
                left.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                found.append(Path(entry.path))
    return sorted(found)


def read_regular(path: Path, most: int) -> bytes:
    """What a regular file holds, at most the first ``most`` bytes of it.

    Raises:
        OSError: if it cannot be read, or is a link.
        Unfit: if it is a folder, a FIFO, a socket or a device.
    """
    handle = os.open(path, _WARY)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unfit(f"{path.name} is no file")
        return file.read(most)


def is_real_folder(path: Path) -> bool:
    """Whether it is a folder, and no link to one."""
    return path.is_dir() and not path.is_symlink()


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry, _ in zip(entries, range(MOST_FILES + 1))]
    except OSError as problem:
        raise Unfit(f"a folder cannot be read: {problem.strerror}") from None
