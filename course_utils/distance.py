"""Pictures made less and less like photographs: colours inverted, blocks or all pixels shuffled."""

from __future__ import annotations

import torch
from torch import Tensor

from course_utils.errors import DataError


def invert(images: Tensor) -> Tensor:
    """Colour negatives of uint8 images ``[N, 3, H, W]``."""
    return 255 - images


def shuffle_blocks(images: Tensor, side: int, seed: int) -> Tensor:
    """Cut every image into squares and lay them in another order, **the same** for all images.

    Nothing is lost: whoever knows the order can lay them back. With ``side=1`` it is a permutation of
    all pixels.

    Args:
        images: uint8 ``[N, 3, H, W]``.
        side: of a square in pixels.
        seed: of the order.

    Raises:
        DataError: if squares of that side do not fill the image.
    """
    n, channels, height, width = images.shape
    if height % side or width % side:
        raise DataError(
            f"squares of {side} pixels do not fill {width}x{height}.",
            expected="a side that divides height and width",
        )
    rows, columns = height // side, width // side
    squares = images.reshape(n, channels, rows, side, columns, side).transpose(3, 4)
    squares = squares.reshape(n, channels, rows * columns, side, side)
    order = torch.randperm(rows * columns, generator=torch.Generator().manual_seed(seed))
    laid = squares[:, :, order.to(images.device)].reshape(n, channels, rows, columns, side, side)
    return laid.transpose(3, 4).reshape(n, channels, height, width)
