"""Which images go to train, val and test: stratified, balanced, groups kept whole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from course_utils.errors import DataError

if TYPE_CHECKING:
    from course_utils.data import ImageSet


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
        whole = ", groups kept whole" if images.groups else ""
        raise DataError(
            f"no training image left of class {images.classes[min(lost)]!r}.",
            found=f"{len(images)} images, {len(chosen)} of them held out{whole}",
            do="add images of that class, or hold out fewer",
        )
    return rest, chosen


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


def val_size(train: int, val: int | None, share: float) -> int:
    """The images of val beside ``train`` of them, where they are ``share`` of both."""
    return round(train * share / (1 - share)) if val is None else val


def portions(n: int, train: int | None, val: int | None, share: float) -> tuple[int, int]:
    """How many of ``n`` images go to train and to val."""
    if train is None:
        n_val = round(n * share) if val is None else min(val, n // 2)
        return n - n_val, n_val
    n_val = val_size(train, val, share)
    if train + n_val > n:
        n_val = round(n * n_val / (train + n_val))
    return min(train, n - n_val), n_val
