"""Where a network looks: what it loses when a patch of the picture is covered."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

GREY = 128


def occlusion_map(
    logits_of: Callable[[Tensor], Tensor], pixels: Tensor, target: int, patch: int = 32
) -> Tensor:
    """Probability that class ``target`` loses when a grey square covers one place after the other.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2.

    Args:
        logits_of: makes logits ``[N, classes]`` of pictures uint8 ``[N, 3, H, W]``.
        pixels: one picture, uint8 ``[3, H, W]``.
        patch: side of the square, in pixels; what is left at the right and at the bottom is not covered.

    Returns:
        Float ``[H // patch, W // patch]`` from -1 to 1; positive where the class needs the place.
    """
    rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
    covered = pixels.repeat(1 + rows * columns, 1, 1, 1)  # the first one stays whole
    for place in range(rows * columns):
        top, left = place // columns * patch, place % columns * patch
        covered[1 + place, :, top : top + patch, left : left + patch] = GREY
    with torch.inference_mode():
        probability = logits_of(covered).float().softmax(dim=1)[:, target].cpu()
    return (probability[0] - probability[1:]).reshape(rows, columns)
