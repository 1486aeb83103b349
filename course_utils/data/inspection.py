"""Checks of the data before training: sizes and classes, channel statistics, exact duplicates."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import torch
from torch import Tensor

from course_utils.data.images import ImageSet, Splits, named_parts
from course_utils.errors import DataError

SMALLEST = 8  # pixels: with fewer, nothing is left after the strides of the course's networks


def require_usable(splits: Splits) -> None:
    """Refuse images that the experiments of a notebook cannot work with.

    Raises:
        DataError: if the images are smaller than 8 pixels, or a class has no training image.
    """
    height, width = splits.train.images.shape[2:]
    if min(height, width) < SMALLEST:
        raise DataError(
            f"the images of {splits.name} are too small.",
            expected=f"{SMALLEST} x {SMALLEST} pixels at least",
            found=f"{width} x {height} pixels",
            do="choose larger images",
        )
    n, here = len(splits.classes), len(splits.train.labels.unique())
    if here < n:
        raise DataError(
            f"too few training images for {n} classes.",
            expected=f"at least one of each class, better ten: {10 * n:,}",
            found=f"{len(splits.train):,} images of {here} classes",
            do=f"take more: `--set data.train={10 * n} --set data.val={5 * n} --set data.test={5 * n}` on "
            "the command line, overrides = {...} with these names in a notebook, or a larger budget",
        )


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
    return mean.float(), (squares / pixels - mean**2).clamp_min(0).sqrt().float()


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
    parts = named_parts(splits)
    pairs = [(f"{p}/{q}", a, b) for i, (p, a) in enumerate(parts) for q, b in parts[i + 1 :]]
    line = "Exact duplicates: " + ", ".join(f"{name} {len(find_duplicates(a, b))}" for name, a, b in pairs)
    if splits.train.groups is None:
        return line
    return f"{line}. Groups in both: " + ", ".join(
        f"{name} {len(set(a.groups or ()) & set(b.groups or ()))}" for name, a, b in pairs
    )
