"""Files of images and of weights that cannot be read, told in a moment: nothing here waits for torch."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

from safetensors import SafetensorError, safe_open

from course_utils.errors import DataError, WeightsError


def require_archive(path: Path) -> None:
    """Raises: DataError: if a file is no zip, or one that was cut off."""
    if not zipfile.is_zipfile(path):
        raise unreadable_archive(path)


def unreadable_archive(path: Path) -> DataError:
    """The error for a file that should be a zip of images."""
    return DataError(
        f"{path} cannot be read.",
        expected="a folder or a zip of images",
        found="a file that is no zip, or a damaged one",
        do="unpack it to a folder, make a zip of it, or download it again",
    )


def require_whole_weights(path: Path) -> None:
    """Raises: WeightsError: if a file of weights is empty or was cut off, as far as its outline tells."""
    if not path.stat().st_size or not _has_its_end(path):
        raise unreadable_weights(path, why_unreadable(path))


def unreadable_weights(path: Path, found: str) -> WeightsError:
    """The error for a file of weights; ``found`` says what is wrong with it."""
    return WeightsError(
        f"{path.name} cannot be read as weights.",
        expected="a state dict of tensors (.safetensors, or .pt/.pth without pickled code)",
        found=found,
        do="download or copy the file again; of a pickled model, save the tensors alone: "
        "torch.save(model.state_dict(), file)",
    )


def why_unreadable(path: Path, problem: Exception | None = None) -> str:
    """What is wrong with a file that torch or safetensors refused.

    Not in torch's words: they advise switching ``weights_only`` off, which lets the file run any code.
    """
    if not path.is_file():
        return "no file"
    if "Unsupported global" in str(problem) and isinstance(problem, pickle.UnpicklingError):
        return "pickled code, which is never run"
    return f"{path.stat().st_size:,} bytes that are cut off, damaged or of another kind"


def _has_its_end(path: Path) -> bool:
    """A zip (torch's format since 1.6) has its list at the end, safetensors the length in its head."""
    if path.suffix == ".safetensors":
        try:
            with safe_open(path, framework="numpy"):
                return True
        except SafetensorError:
            return False
    with open(path, "rb") as file:
        return file.read(2) != b"PK" or zipfile.is_zipfile(path)
