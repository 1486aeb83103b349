"""Smaller kernels out of trained ones: cut from the centre, or resampled with their sum kept."""

from __future__ import annotations

from torch import Tensor

from course_utils.errors import CourseError


def centre_crop(weight: Tensor, size: int) -> Tensor:
    """The middle ``size`` x ``size`` taps of kernels ``[out, in, k, k]``.

    Raises:
        CourseError: if the rest cannot be halved (``k - size`` odd or negative).
    """
    rest = weight.shape[-1] - size
    if rest < 0 or rest % 2:
        raise CourseError(
            f"kernels of {weight.shape[-1]} have no middle of {size}.",
            expected="a size that is smaller by an even number",
        )
    first = rest // 2
    return weight[..., first : first + size, first : first + size].clone()


def resample(weight: Tensor, size: int) -> Tensor:
    """Kernels ``[out, in, k, k]`` on a grid of ``size`` x ``size`` taps that covers the same square.

    Each new tap is the sum of what lies in its cell; an old tap on the border of two cells is divided
    by the lengths of its parts. So the sum of a kernel, its answer to an even patch, stays: a picture
    scaled down as much as the kernel gives about the old answer.
    """
    k = weight.shape[-1]
    for axis in (-2, -1):
        fine = weight.repeat_interleave(size, dim=axis)  # k * size equal slices of an old tap
        weight = fine.unflatten(axis, (size, k)).sum(dim=axis) / size
    return weight
