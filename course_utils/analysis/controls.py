"""Controls: permuted weights with fitting batch-norm statistics, and pictures made less like photographs."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.errors import DataError
from course_utils.training.evaluation import EVAL_BATCH

# The base class of BatchNorm1d, 2d and 3d: what has running statistics.
BatchNorm = nn.modules.batchnorm._BatchNorm


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


def block_side(height: int, width: int) -> int:
    """The side of the largest squares that fill such an image, at least four in each row and column."""
    whole, most = math.gcd(height, width), min(height, width) // 4
    return max((side for side in range(1, most + 1) if whole % side == 0), default=1)


def permuted_copy(model: nn.Module, seed: int) -> nn.Module:
    """A copy whose weights lie in random order within each tensor: same numbers, no knowledge.

    Tensors of one dimension (biases, scale and shift of norms) stay as they are. The running statistics
    of batch norm describe the old features and are reset: call :func:`estimate_norms` before use.
    """
    generator = torch.Generator().manual_seed(seed)
    control = copy.deepcopy(model)
    with torch.no_grad():
        for weight in (p for p in control.parameters() if p.ndim > 1):
            order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))
    for norm in _norms(control):
        norm.reset_running_stats()
    return control


@torch.no_grad()
def estimate_norms(model: nn.Module, images: ImageSet, preprocess: Preprocess) -> None:
    """Set the running statistics of every batch norm to the average over batches of ``images``.

    Parameters stay as they are; afterwards the model is in eval mode. Use training images: the
    statistics become a part of the model.
    """
    device = next(model.parameters()).device
    norms = _norms(model)
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # PyTorch's sign for a plain average over batches
        norm.train()
    try:
        for x in _equal_batches(images.images):
            model(preprocess(x.to(device)))
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
        model.eval()


def _norms(model: nn.Module) -> list[BatchNorm]:
    return [m for m in model.modules() if isinstance(m, BatchNorm) and m.track_running_stats]


def _equal_batches(images: Tensor) -> tuple[Tensor, ...]:
    return images.tensor_split(max(1, -(-len(images) // EVAL_BATCH)))
