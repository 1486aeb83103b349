"""load_data(): the images of a source, as Splits; nothing is ever downloaded."""

from __future__ import annotations

import atexit
import os
import pickle
import re
import shutil
import tarfile
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.cartoons import generation
from course_utils.data import folders
from course_utils.data.images import (
    CUT_FROM_TRAIN,
    ImageSet,
    Splits,
    named_parts,
    split_parts,
    val_size,
)
from course_utils.data.sources import SOURCES
from course_utils.downloads import has_checksum
from course_utils.environ import is_grading
from course_utils.errors import DataError
from course_utils.storage import cache_dir, file_stamp, stored_arrays, warn_not_kept

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
CARTOONS = "drawn cartoons"
CARTOON_IMAGES = (5000, 1000)  # train and test; more are never drawn
DRAWN_CLASSES = ("cat", "dog")


def load_data(
    source: str | Path = "auto",
    *,
    train: int | None = None,
    val: int | None = None,
    test: int | None = None,
    seed: int = 0,
    size: int | None = None,
    groups: str | None = None,
) -> Splits:
    """Images of a source, split into train, val and test; nothing is ever downloaded.

    A source with a test set keeps it; where there are only ``train`` and ``val``, ``val`` is used
    as the test set. Val is cut from train, stratified, by seed: a tenth unless ``val`` says how
    many. A folder with nothing but classes is cut into 70 % train, 15 % val, 15 % test.

    Args:
        source: ``"cartoons"``, ``"cifar10"``, ``"hotdog"``, the path of a folder or zip of images,
            or ``"auto"``: CIFAR-10 if it is on disk, else the cartoons (while nbgrader runs, always
            the cartoons).
        train, val, test: at most that many images, equally many of each class as far as there are (a val
            that is cut from train has its proportions); a source with too few shares them between train
            and val in proportion.
        seed: of the cut and of the choice of images.
        size: side in pixels of the squares cut from photographs of mixed sizes.
        groups: ``"stem"`` keeps photographs on one side whose file names differ only in the number
            after the last ``_`` or ``-``.

    Raises:
        DataError: if the source is not there or cannot be used; the message says what to do.
    """
    if source == "auto":
        source = "cifar10" if available("cifar10") else "cartoons"
    if groups not in (None, "stem"):
        raise DataError(f"unknown groups {groups!r}.", expected='None or "stem"')
    if source in ("cartoons", "cifar10") and (groups or size not in (None, 32)):
        raise DataError(
            f"size and groups are for photographs; {source} has single images of 32x32 pixels.",
            do="leave them out; a larger input comes from the preprocessing, Preprocess(size=64)",
        )
    train, val, test = _amount("train", train), _amount("val", val), _amount("test", test)
    parts, skipped = _read(source, train, val, test, size, groups)
    return split_parts(parts, train, val, test, seed, skipped)


def _amount(name: str, amount: int | None) -> int | None:
    if amount is None:
        return None
    expected = "a whole number of 0 or more, or None"
    return folders.whole_number(amount, 0, f"{name} is no number of images.", expected)


def available(name: str) -> bool:
    """Whether ``"cifar10"`` or ``"hotdog"`` is here and may be used: never while nbgrader runs."""
    return not is_grading() and os.path.exists(SOURCES[name]().path)  # False where we may not look


def refuse_cartoons(data: str) -> None:
    """Only results on real data are worth recording.

    Raises:
        DataError: if ``data`` names the cartoons, or is ``auto`` and would become the cartoons.
    """
    if data == "cartoons" or CARTOONS in data or (data == "auto" and not available("cifar10")):
        raise DataError(
            f"results on {CARTOONS} are not recorded.",
            expected="real data",
            do="run `course fetch cifar10`, or pass --data with a folder or zip of images",
        )


def _read(source, train, val, test, size, groups) -> tuple[dict[str, ImageSet], tuple[str, ...]]:
    """The parts of a source (train and test, with val or without; or all) and the files skipped."""
    if source == "cartoons":
        return _cartoons(train, val, test), ()
    if source == "cifar10":
        return _cifar10(), ()
    path = _fetched("hotdog") if source == "hotdog" else Path(source)
    return _photographs(path, size, groups)


def _cartoons(train: int | None, val: int | None, test: int | None) -> dict[str, ImageSet]:
    """No more cartoons than asked for: drawing takes time."""
    n_train, n_test = CARTOON_IMAGES
    if train is not None:
        n_train = min(n_train, train + val_size(train, val, CUT_FROM_TRAIN))
    if test is not None:
        n_test = min(n_test, test)
    return _image_sets(generation.load(n_train, n_test), CLASSES, CARTOONS)


def _cifar10() -> dict[str, ImageSet]:
    archive = _fetched("cifar10")
    arrays = stored_arrays(f"cifar10 {file_stamp(archive)}", lambda: _read_cifar10(archive))
    parts = {p: (arrays[f"{p}_images"], arrays[f"{p}_labels"]) for p in ("train", "test")}
    return _image_sets(parts, CLASSES, "CIFAR-10")


def _read_cifar10(archive: Path) -> dict[str, np.ndarray]:
    """The pickled batches of the published archive, and of no other: pickles can run code."""
    if not has_checksum(archive, SOURCES["cifar10"]().checksum):
        raise DataError(
            f"{archive} is not the published archive: it has another checksum.",
            do="remove it and run `course fetch cifar10`",
        )
    batches = {}
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            if "_batch" in member.name:
                file: Any = tar.extractfile(member)
                batch = pickle.load(file, encoding="latin1")
                batches[Path(member.name).name] = batch
    names = {"train": [f"data_batch_{i}" for i in range(1, 6)], "test": ["test_batch"]}
    arrays = {}
    for part in names:
        images = np.concatenate([batches[name]["data"] for name in names[part]])
        labels = np.concatenate([batches[name]["labels"] for name in names[part]])
        arrays[f"{part}_images"] = images.reshape(-1, 3, 32, 32)
        arrays[f"{part}_labels"] = labels.astype(np.int64)
    return arrays


def _fetched(name: str) -> Path:
    path = SOURCES[name]().path
    if not path.exists():
        raise DataError(
            f"{name} is not on this machine.", expected=str(path), do=f"run `course fetch {name}`"
        )
    return path


def _photographs(
    path: Path, size: int | None, groups: str | None
) -> tuple[dict[str, ImageSet], tuple[str, ...]]:
    read = folders.read_images(path, size)
    parts = _image_sets(read.parts, read.classes, path.resolve().name.removesuffix(".zip"))
    if groups == "stem":
        parts = {part: replace(images, groups=_stems(read.files[part])) for part, images in parts.items()}
    return parts, read.skipped


def _stems(files) -> tuple[str, ...]:
    """``train/ann/ann_smith-12.jpg`` -> ``ann_smith``"""
    return tuple(re.sub(r"[_-]\d+$", "", Path(str(file)).stem) for file in files)


def _image_sets(parts, classes: tuple[str, ...], name: str) -> dict[str, ImageSet]:
    return {
        part: ImageSet(_tensor(images), _tensor(labels), classes, name)
        for part, (images, labels) in parts.items()
    }


def _tensor(array: np.ndarray) -> Tensor:
    """Shares the memory, mapped or not; PyTorch wants it writable."""
    return torch.from_numpy(np.require(array, requirements="W"))


def describe_source(splits: Splits) -> str:
    """One line: which data, how many images, what was left out, and how to get the real thing."""
    height, width = splits.train.images.shape[2:]
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in named_parts(splits))
    line = f"data:    {splits.name}, {len(splits.classes)} classes, {width}x{height} pixels"
    line += f": {sizes} images"
    if splits.skipped:
        some = ", ".join(splits.skipped[:3]) + (", ..." if len(splits.skipped) > 3 else "")
        line += f"; left out, damaged or of a kind that is not read: {len(splits.skipped)} ({some})"
    for name, part in named_parts(splits):
        if absent := len(splits.classes) - len(part.labels.unique()):
            line += f"; no image of {absent} of the {len(splits.classes)} classes in {name}"
    if splits.name == CARTOONS:
        line += "; for CIFAR-10 run `course fetch cifar10`"
    return line


def load_photos(size: int, *, train: int, val: int, test: int, seed: int = 0) -> Splits:
    """Two classes of pictures of mixed sizes, cut to squares of ``size`` pixels.

    D2L's hot dogs where ``course fetch hotdog`` brought them; otherwise drawn cats and dogs, written
    out as JPEGs once and read back like anybody's photographs.

    Args:
        train, val, test: how many pictures of both classes together.
    """
    amounts: dict[str, Any] = {"train": train, "val": val, "test": test, "seed": seed}
    if available("hotdog"):
        return load_data("hotdog", size=size, **amounts)
    return load_data(_drawn_folder(max(train + val, 2 * test) // 2), size=size, **amounts)


def _drawn_folder(per_class: int) -> Path:
    """The folder of JPEGs in the cache, written if need be; elsewhere if the cache is read-only or full."""
    folder = cache_dir() / f"photos-v{generation.VERSION}-{per_class}" / "drawn cats and dogs"
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as scratch:
            generation.write_photos(Path(scratch) / "pictures", DRAWN_CLASSES, per_class)
            (Path(scratch) / "pictures").rename(folder)
    except OSError as problem:
        if folder.is_dir():  # another notebook was faster
            return folder
        warn_not_kept(problem.strerror or str(problem))
        return _drawn_for_now(folder.name, per_class)
    return folder


@cache
def _drawn_for_now(name: str, per_class: int) -> Path:
    """The same among the temporary files, until this process ends."""
    folder = Path(tempfile.mkdtemp()) / name
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    generation.write_photos(folder, DRAWN_CLASSES, per_class)
    return folder
