"""ImageSet, Splits, load_data(): where images come from and how they are split."""

from __future__ import annotations

import hashlib
import pickle
import re
import tarfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_utils import cartoons, fetch, folders
from course_utils.budget import is_grading
from course_utils.cache import file_stamp, stored_arrays
from course_utils.errors import DataError
from course_utils.splitting import balanced_order, cut_off, portions, val_size

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
CARTOONS = "drawn cartoons"
CARTOON_IMAGES = (5000, 1000)  # train and test; more are never drawn
CUT_FROM_TRAIN = 0.1  # val, where the data set has a test set of its own
CUT_FROM_ALL = 0.15  # val and test each, where there are only class folders


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """Labelled images of one size, as one tensor: a batch is an index.

    Attributes:
        images: uint8 ``[N, 3, H, W]``, RGB.
        labels: int64 ``[N]``, positions in ``classes``.
        classes: the class names.
        name: the data set's name, for captions.
        groups: for each image the group that must stay on one side of a split (person, series).

    Raises:
        DataError: if shapes or types differ from the above.
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    name: str
    groups: tuple[str, ...] | None = None

    def __post_init__(self):
        images, labels = self.images, self.labels
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
            _refuse("images", "uint8 [N, 3, H, W]", images)
        if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
            _refuse("labels", f"int64 [{len(images)}], one for each image", labels)
        if len(labels) and not 0 <= labels.min() <= labels.max() < len(self.classes):
            found = f"{labels.min()} to {labels.max()}"
            wanted = f"0 to {len(self.classes) - 1}"
            raise DataError("labels outside the classes.", expected=wanted, found=found)
        if self.groups is not None and len(self.groups) != len(images):
            wanted = f"{len(images)}, one for each image"
            raise DataError(
                "too many or too few groups.", expected=wanted, found=str(len(self.groups))
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        height, width = self.images.shape[2:]
        size = f"{len(self):,} images {width}x{height}"
        return f"ImageSet({self.name}: {size}, {len(self.classes)} classes)"

    def subset(self, index) -> ImageSet:
        """The images at ``index`` (int64 tensor, boolean mask or list), in that order."""
        index = torch.as_tensor(index, device=self.labels.device)
        index = index.nonzero().flatten() if index.dtype == torch.bool else index.long()
        groups = self.groups and tuple(self.groups[i] for i in index.tolist())
        images = self.images.index_select(0, index)  # twice as fast as images[index]
        return replace(self, images=images, labels=self.labels[index], groups=groups)

    def take(self, n: int, seed: int) -> ImageSet:
        """At most ``n`` images, equally many of each class as far as there are.

        With the same seed, fewer images are a part of more images.
        """
        return self.subset(balanced_order(self.labels, seed)[:n])

    def to(self, device: str | torch.device) -> ImageSet:
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))


def _refuse(what: str, expected: str, tensor: Tensor) -> None:
    dtype = str(tensor.dtype).removeprefix("torch.")
    raise DataError(
        f"{what} of the wrong type or shape.",
        expected=expected,
        found=f"{dtype} {list(tensor.shape)}",
    )


@dataclass(frozen=True, eq=False)
class Splits:
    """What a model learns from (train), is chosen by (val) and is measured on at the end (test).

    Attributes:
        skipped: damaged files that were left out.
    """

    train: ImageSet
    val: ImageSet
    test: ImageSet
    skipped: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        return self.train.classes

    @property
    def name(self) -> str:
        return self.train.name

    def to(self, device: str | torch.device) -> Splits:
        moved = (part.to(device) for part in (self.train, self.val, self.test))
        return Splits(*moved, skipped=self.skipped)


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
        train, val, test: at most that many images, equally many of each class as far as there are;
            a source with too few shares them between train and val in proportion.
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
    parts, skipped = _read(source, train, val, test, size, groups)
    return _splits(parts, train, val, test, seed, skipped)


def available(name: str) -> bool:
    """Whether ``"cifar10"`` or ``"hotdog"`` is here and may be used: never while nbgrader runs."""
    return not is_grading() and fetch.download(name).path.exists()


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
    return _image_sets(cartoons.load(n_train, n_test), CLASSES, CARTOONS)


def _cifar10() -> dict[str, ImageSet]:
    archive = _fetched("cifar10")
    arrays = stored_arrays(f"cifar10 {file_stamp(archive)}", lambda: _read_cifar10(archive))
    parts = {p: (arrays[f"{p}_images"], arrays[f"{p}_labels"]) for p in ("train", "test")}
    return _image_sets(parts, CLASSES, "CIFAR-10")


def _read_cifar10(archive: Path) -> dict[str, np.ndarray]:
    """The pickled batches of the published archive, and of no other: pickles can run code."""
    if not fetch.has_checksum(archive, fetch.download("cifar10").checksum):
        raise DataError(
            f"{archive} is not the published archive: it has another checksum.",
            do="remove it and run `course fetch cifar10`",
        )
    batches = {}
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            if "_batch" in member.name:
                batch = pickle.load(tar.extractfile(member), encoding="latin1")
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
    path = fetch.download(name).path
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
        parts = {
            part: replace(images, groups=_stems(read.files[part])) for part, images in parts.items()
        }
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


def _splits(
    parts: dict[str, ImageSet], train, val, test, seed: int, skipped: tuple[str, ...]
) -> Splits:
    if "all" in parts:
        pool, held_out = split(parts["all"], CUT_FROM_ALL, seed)
        share = CUT_FROM_ALL / (1 - CUT_FROM_ALL)
    else:
        pool, held_out, share = parts["train"], parts["test"], CUT_FROM_TRAIN
    test_set = _take(held_out, test, seed)
    if "val" in parts:
        return Splits(_take(pool, train, seed), _take(parts["val"], val, seed), test_set, skipped)
    n_train, n_val = portions(len(pool), train, val, share)
    rest, chosen = cut_off(pool, n_val, seed)
    rest = rest[balanced_order(pool.labels[rest], seed)[:n_train]]
    return Splits(pool.subset(rest), pool.subset(chosen), test_set, skipped)


def _take(images: ImageSet, n: int | None, seed: int) -> ImageSet:
    return images.take(len(images) if n is None else n, seed)


def split(images: ImageSet, val: int | float, seed: int) -> tuple[ImageSet, ImageSet]:
    """Hold out ``val`` images (or that fraction of them), stratified: every class gives its share.

    Groups stay whole, which may hold out a few more.

    Returns:
        The rest and the images held out.

    Raises:
        DataError: if nothing is left of a class.
    """
    n_val = round(val * len(images)) if isinstance(val, float) else val
    rest, chosen = cut_off(images, n_val, seed)
    return images.subset(rest), images.subset(chosen)


def describe_source(splits: Splits) -> str:
    """One line: which data, how many images, what was left out, and how to get the real thing."""
    height, width = splits.train.images.shape[2:]
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in _named_parts(splits))
    line = f"data:    {splits.name}, {len(splits.classes)} classes, {width}x{height} pixels"
    line += f": {sizes} images"
    if splits.skipped:
        some = ", ".join(splits.skipped[:3]) + (", ..." if len(splits.skipped) > 3 else "")
        line += f"; {len(splits.skipped)} damaged files left out ({some})"
    if splits.name == CARTOONS:
        line += "; for CIFAR-10 run `course fetch cifar10`"
    return line


def _named_parts(splits: Splits) -> list[tuple[str, ImageSet]]:
    return [("train", splits.train), ("val", splits.val), ("test", splits.test)]


def channel_statistics(images: ImageSet | Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over all pixels, in 0..1.

    CIFAR-10's train set has (0.4914, 0.4822, 0.4465) and (0.2470, 0.2435, 0.2616). The widespread
    (0.2023, 0.1994, 0.2010) is the mean of the images' own deviations, another quantity.

    Args:
        images: uint8 ``[N, 3, H, W]``; measure the train set, never val or test.

    Returns:
        Two float32 tensors ``[3]``.
    """
    tensor = images.images if isinstance(images, ImageSet) else images
    total = torch.zeros(3, dtype=torch.float64)
    squares = torch.zeros(3, dtype=torch.float64)
    for chunk in tensor.split(1000):
        values = chunk.cpu().double() / 255
        total += values.sum((0, 2, 3))
        squares += values.square().sum((0, 2, 3))
    pixels = tensor.numel() / 3
    mean = total / pixels
    return mean.float(), (squares / pixels - mean**2).sqrt().float()


def find_duplicates(a: ImageSet, b: ImageSet) -> list[tuple[int, int]]:
    """Pairs (index in ``a``, index in ``b``) of images that are equal in every pixel."""
    places = defaultdict(list)
    for i, digest in enumerate(_digests(a)):
        places[digest].append(i)
    return [(i, j) for j, digest in enumerate(_digests(b)) for i in places.get(digest, ())]


def _digests(images: ImageSet) -> list[bytes]:
    array = images.images.cpu().contiguous().numpy()
    return [hashlib.blake2b(image, digest_size=16).digest() for image in array]


def duplicate_report(splits: Splits) -> str:
    """One line on images, and where there are groups on groups, that two splits share."""
    parts = _named_parts(splits)
    pairs = [(f"{p}/{q}", a, b) for i, (p, a) in enumerate(parts) for q, b in parts[i + 1 :]]
    line = "Exact duplicates: " + ", ".join(
        f"{name} {len(find_duplicates(a, b))}" for name, a, b in pairs
    )
    if splits.train.groups is None:
        return line
    return f"{line}. Groups in both: " + ", ".join(
        f"{name} {len(set(a.groups) & set(b.groups))}" for name, a, b in pairs
    )
