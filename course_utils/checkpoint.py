"""Checkpoints: written whole or not at all, and read with care."""

from __future__ import annotations

from pathlib import Path

import torch

from course_utils.errors import CheckpointError
from course_utils.files import whole_file


def save_checkpoint(path: str | Path, state: dict) -> None:
    """Write ``state`` to ``path`` so that an interrupt at any moment leaves the old file or the new.

    Args:
        state: tensors, numbers, strings, and lists or dicts of them (so that it can be read back
            with ``weights_only=True``).
    """
    with whole_file(path) as file:
        torch.save(state, file)


def load_checkpoint(path: str | Path, fingerprint: str | None = None) -> dict:
    """Read a checkpoint.

    Args:
        fingerprint: what the run that wants to go on looks like; another one is refused.

    Raises:
        CheckpointError: if the file is damaged, or was written by a run with other settings.
    """
    path = Path(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {path}.") from None
    except Exception as problem:
        raise CheckpointError(
            f"{path.name} is damaged or is no checkpoint.",
            found=str(problem).splitlines()[0],
            do="delete it to start afresh",
        ) from None
    if fingerprint is not None and state.get("fingerprint") != fingerprint:
        raise CheckpointError(
            f"{path.name} was written by a run with other settings.",
            expected=fingerprint,
            found=str(state.get("fingerprint")),
            do="use the same settings, or another file name",
        )
    return state
