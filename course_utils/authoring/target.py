"""The folder that a command fills: new or empty, with room, and empty again where filling it fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_utils.errors import BuildError, EnvironmentProblem
from course_utils.storage import free_space


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


def require_empty(folder: Path, room: int) -> None:
    """Whether the folder can be filled: new or empty, and with room.

    Raises:
        BuildError: if there is something in the folder.
        EnvironmentProblem: see :func:`require_room`.
    """
    if folder.is_dir() and (names := sorted(path.name for path in folder.iterdir())):
        raise BuildError(
            f"{folder} is not empty.",
            expected="a new or empty folder",
            found=", ".join(names[:3]) + (", ..." if len(names) > 3 else ""),
            do="choose another folder, or empty it",
        )
    require_room(folder, room)


@contextmanager
def filled(folder: Path, room: int) -> Iterator[None]:
    """Fill the folder as a whole: where that fails, nothing half-made stays in it.

    Raises:
        BuildError, EnvironmentProblem: see :func:`require_empty`.
    """
    new = not folder.exists()
    require_empty(folder, room)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder)
        if not new:
            folder.mkdir()
        raise
