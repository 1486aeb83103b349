"""ImageSet and Splits: labelled images as one tensor, and how they are cut into train, val and test."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from course_utils.errors import DataError

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
            raise DataError("too many or too few groups.", expected=wanted, found=str(len(self.groups)))

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

        Raises:
            DataError: if ``n`` is negative.
        """
        _refuse_negative(n)
        return self.subset(balanced_order(self.labels, seed)[:n])

    def to(self, device: str | torch.device) -> ImageSet:
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Splits:
    """What a model learns from (train), is chosen by (val) and is measured on at the end (test).

    Attributes:
        skipped: pictures that were left out: damaged, or of a kind that is not read.
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
        return Splits(self.train.to(device), self.val.to(device), self.test.to(device), self.skipped)


def named_parts(splits: Splits) -> list[tuple[str, ImageSet]]:
    """Train, val and test with their names, in this order."""
    return [("train", splits.train), ("val", splits.val), ("test", splits.test)]


def split(images: ImageSet, val: int | float, seed: int) -> tuple[ImageSet, ImageSet]:
    """Hold out ``val`` images (or that fraction of them), stratified: every class gives its share.

    Groups stay whole, which may hold out a few more.

    Returns:
        The rest and the images held out.

    Raises:
        DataError: if nothing is left of a class, or ``val`` is negative.
    """
    _refuse_negative(val)
    n_val = round(val * len(images)) if isinstance(val, float) else val
    rest, chosen = cut_off(images, n_val, seed)
    return images.subset(rest), images.subset(chosen)


def split_parts(
    parts: dict[str, ImageSet],
    train: int | None,
    val: int | None,
    test: int | None,
    seed: int,
    skipped: tuple[str, ...],
) -> Splits:
    """Splits of at most that many images, from the parts of a data set.

    Args:
        parts: ``train`` and ``test``, with ``val`` or without; or ``all``.
        skipped: pictures that were left out: damaged, or of a kind that is not read.
    """
    if "all" in parts:
        pool, held_out = split(parts["all"], CUT_FROM_ALL, seed)
        share = CUT_FROM_ALL / (1 - CUT_FROM_ALL)
    else:
        _refuse_shared_groups(parts)
        pool, held_out, share = parts["train"], parts["test"], CUT_FROM_TRAIN
    test_set = _take(held_out, test, seed)
    if "val" in parts:
        return Splits(_take(pool, train, seed), _take(parts["val"], val, seed), test_set, skipped)
    n_train, n_val = portions(len(pool), train, val, share)
    rest, chosen = cut_off(pool, n_val, seed)
    rest = rest[balanced_order(pool.labels[rest], seed)[:n_train]]
    return Splits(pool.subset(rest), pool.subset(chosen), test_set, skipped)


def _refuse_shared_groups(parts: dict[str, ImageSet]) -> None:
    """What a data set has parted itself must keep a group on one side, too."""
    where: dict[str, str] = {}
    for part, images in parts.items():
        for group in set(images.groups or ()):
            if where.setdefault(group, part) != part:
                raise DataError(
                    f"pictures of one group lie in {where[group]} and in {part}.",
                    found=f"for example {group}",
                    do="part the files anew, or leave `groups` out",
                )


def cut_off(images: ImageSet, n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Choose ``n`` images, every class in proportion; groups stay whole, which may take a few more.

    Returns:
        Indices of the rest and of the chosen, int64, each in random order.

    Raises:
        DataError: if nothing is left of a class.
    """
    order = _proportional_order(images.labels, seed)
    if images.groups is None:
        chosen, rest = order[:n], order[n:]
    else:
        groups = _first_groups(images.groups, order.tolist(), n)
        inside = torch.tensor([images.groups[i] in groups for i in order.tolist()])
        chosen, rest = order[inside], order[~inside]
    lost = set(images.labels.tolist()) - set(images.labels[rest].tolist())
    if lost:
        whole, do = "", "add images of that class, or hold out fewer"
        if images.groups:
            whole = f", in groups kept whole; the largest has {max(Counter(images.groups).values())}"
            do += "; or leave `groups` out, if the names of the files do not tell what belongs together"
        raise DataError(
            f"no training image left of class {images.classes[min(lost)]!r}.",
            found=f"{len(images)} images, {len(chosen)} of them held out{whole}",
            do=do,
        )
    return rest, chosen


def portions(n: int, train: int | None, val: int | None, share: float) -> tuple[int, int]:
    """How many of ``n`` images go to train and to val."""
    if train is None:
        n_val = round(n * share) if val is None else min(val, n // 2)
        return n - n_val, n_val
    n_val = val_size(train, val, share)
    if train + n_val > n:
        n_val = round(n * n_val / (train + n_val))
    return min(train, n - n_val), n_val


def val_size(train: int, val: int | None, share: float) -> int:
    """The images of val beside ``train`` of them, where they are ``share`` of both."""
    return round(train * share / (1 - share)) if val is None else val


def balanced_order(labels: Tensor, seed: int) -> Tensor:
    """A random order of the images in which each beginning has equally many of each class."""
    order, turn, _ = _turns(labels, seed)
    return order[turn.argsort()]


def _proportional_order(labels: Tensor, seed: int) -> Tensor:
    """A random order of the images in which each beginning has the classes in their proportions."""
    order, turn, class_size = _turns(labels, seed)
    return order[(turn / class_size).argsort()]


def _turns(labels: Tensor, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """The images class by class, shuffled; each one's turn in its class; the size of its class.

    A class's first image has its turn at about 0.5, its second at about 1.5, and so on.
    """
    labels = labels.cpu()
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(labels), generator=generator)
    order = shuffled[labels[shuffled].argsort(stable=True)]
    sizes = labels.bincount()
    first = (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
    about_half = 0.45 + 0.1 * torch.rand(len(labels), generator=generator, dtype=torch.float64)
    return order, torch.arange(len(labels)) - first + about_half, sizes.repeat_interleave(sizes)


def _first_groups(groups: tuple[str, ...], order: list[int], n: int) -> set[str]:
    """Groups in the order of their first image, until they hold ``n`` images."""
    members = Counter(groups)
    chosen, held = set(), 0
    for i in order:
        if held >= n:
            break
        if groups[i] not in chosen:
            chosen.add(groups[i])
            held += members[groups[i]]
    return chosen


def _take(images: ImageSet, n: int | None, seed: int) -> ImageSet:
    return images.take(len(images) if n is None else n, seed)


def _refuse_negative(amount: float) -> None:
    if amount < 0:
        raise DataError("this is no number of images.", expected="0 or more", found=str(amount))


def _refuse(what: str, expected: str, tensor: Tensor) -> None:
    dtype = str(tensor.dtype).removeprefix("torch.")
    raise DataError(
        f"{what} of the wrong type or shape.",
        expected=expected,
        found=f"{dtype} {list(tensor.shape)}",
    )
