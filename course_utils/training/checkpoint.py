"""Checkpoints: written whole or not at all, and read with care; or kept in memory for a while."""

from __future__ import annotations

import copy
from pathlib import Path

import torch

from course_utils.errors import CheckpointError
from course_utils.readable import why_unreadable
from course_utils.storage import whole_file


def save_checkpoint(path: str | Path, state: dict) -> None:
    """Write ``state`` to ``path`` so that an interrupt at any moment leaves the old file or the new.

    Args:
        state: tensors, numbers, strings, and lists or dicts of them (so that it can be read back
            with ``weights_only=True``).

    Raises:
        OSError: if the disk is full or read-only; the old file stays.
    """
    try:
        with whole_file(path) as file:
            torch.save(state, file)
    except RuntimeError as problem:  # of torch's zip writer, in the place of what the disk said
        if isinstance(problem.__context__, OSError):
            raise problem.__context__ from None
        raise


def load_checkpoint(path: str | Path, fingerprint: str | None = None) -> dict:
    """Read a checkpoint.

    Args:
        fingerprint: of the run that is to continue; a checkpoint with another one is refused.

    Raises:
        CheckpointError: if the file is damaged, or was written by a run with other settings.
    """
    path = Path(path)
    if path.is_dir():
        raise CheckpointError(f"{path.resolve()} is a folder.", do="name a file in it, such as run.pt")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {path}.") from None
    except Exception as problem:
        raise CheckpointError(
            f"{path.name} is damaged or is no checkpoint.",
            found=why_unreadable(path, problem),
            do="delete it to start afresh",
        ) from None
    return _of_this_run(state, fingerprint, path.name, do="use the same settings, or another file name")


class FileCheckpoint:
    """A checkpoint in a file, which survives the kernel and the machine."""

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def save(self, state: dict) -> None:
        """See :func:`save_checkpoint`."""
        save_checkpoint(self.path, state)

    def load(self, fingerprint: str) -> dict | None:
        """What was saved last, or ``None`` if there is no file yet.

        Raises:
            CheckpointError: see :func:`load_checkpoint`.
        """
        return load_checkpoint(self.path, fingerprint) if self.path.exists() else None


class MemoryCheckpoint:
    """A checkpoint that is gone with the kernel: to stop a run and resume it, without the price of a file.

    For ResNet-18 with AdamW it holds 180 MB, the weights four times.
    """

    def __init__(self) -> None:
        self._state: dict | None = None

    def save(self, state: dict) -> None:
        """Keep a copy of ``state``, because training goes on to change its tensors in place.

        But not of ``best``: that is a copy already, and ``fit`` never changes it.
        """
        changing = {name: value for name, value in state.items() if name != "best"}
        self._state = {**state, **copy.deepcopy(changing)}

    def load(self, fingerprint: str) -> dict | None:
        """A copy of what was saved last, or ``None``.

        Raises:
            CheckpointError: if it was saved by a run with other settings.
        """
        if self._state is None:
            return None
        state = copy.deepcopy(self._state)
        return _of_this_run(state, fingerprint, "the checkpoint", do="make a new MemoryCheckpoint()")


def _of_this_run(state: object, fingerprint: str | None, name: str, do: str) -> dict:
    if not isinstance(state, dict):
        raise CheckpointError(
            f"{name} is no checkpoint.", found=type(state).__name__, do="delete it to start afresh"
        )
    if fingerprint is not None and state.get("fingerprint") != fingerprint:
        raise CheckpointError(
            f"{name} was written by a run with other settings.",
            expected=fingerprint,
            found=str(state.get("fingerprint")),
            do=do,
        )
    return state
