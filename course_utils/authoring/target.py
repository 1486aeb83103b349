"""The folder that a command fills: new or empty, with room, and empty again where filling it fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_utils.errors import BuildError
from course_utils.storage import require_room


def require_empty(folder: Path, room: int) -> None:
    """Whether the folder can be filled: new or empty, and with room.

    Raises:
        BuildError: if there is something in the folder.
        EnvironmentProblem: see :func:`course_utils.storage.require_room`.
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
    new, folder = not folder.exists(), folder.resolve()
    require_empty(folder, room)
    try:
        yield
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if new:
            folder.rmdir()
        raise
