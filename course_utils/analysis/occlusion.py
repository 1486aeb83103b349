"""What a network sees in a photograph, and where it looks: what it loses when a patch is covered."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.errors import DataError, WeightsError
from course_utils.models.freezing import eval_mode
from course_utils.models.weights import Weights

GREY = 128
PATCH = 32  # pixels: the side of the square that covers a place


def middle_square(photo: Tensor, size: int) -> Tensor:
    """The middle of a wide photograph, the top of a high one, uint8 ``[3, size, size]``."""
    side = min(photo.shape[1:])
    square = photo[:, :side, (photo.shape[2] - side) // 2 :][:, :, :side]
    if side == size:
        return square
    resized = F.interpolate(square[None].float(), size, mode="bicubic", antialias=True)[0]
    return resized.clamp(0, 255).round().to(torch.uint8)


def best_guesses(
    network: nn.Module, weights: Weights, photo: Tensor, k: int = 4, size: int = 224
) -> tuple[Tensor, list[tuple[str, float]]]:
    """The square that a classifier sees of a photograph, and the ``k`` classes that it finds most probable.

    Args:
        weights: those of ``network``, with the names of its classes.
        photo: uint8 ``[3, H, W]``.
        size: pixels a side of the square.

    Returns:
        The square, uint8 ``[3, size, size]``; names and probabilities, the most probable first.

    Raises:
        WeightsError: if the weights do not name a class for each output of the network.
    """
    square = middle_square(photo, size)
    device = next(network.parameters()).device
    with eval_mode(network), torch.inference_mode():
        logits = network(weights.at_size(size)(square[None].to(device)))
    if logits.shape[1] != len(weights.classes):
        raise WeightsError(
            f"{weights.name} does not name what the network tells apart.",
            expected=f"{logits.shape[1]} names, one for each output",
            found=str(len(weights.classes)),
            do="take weights that name their classes, in a network with their head: num_classes=None",
        )
    probability = logits.float().softmax(dim=1)[0].cpu()
    best = probability.argsort(descending=True)[:k].tolist()
    return square, [(weights.classes[i], float(probability[i])) for i in best]


def occlusion_map(
    logits_of: Callable[[Tensor], Tensor], pixels: Tensor, target: int, patch: int = PATCH
) -> Tensor:
    """Probability that class ``target`` loses when a grey square covers one place after the other.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2.

    Args:
        logits_of: makes logits ``[N, classes]`` of pictures uint8 ``[N, 3, H, W]``.
        pixels: one picture, uint8 ``[3, H, W]``.
        patch: side of the square, in pixels; what is left at the right and at the bottom is not covered.

    Returns:
        Float ``[H // patch, W // patch]`` from -1 to 1; positive where the class needs the place.

    Raises:
        DataError: if the picture is smaller than the square.
    """
    if min(pixels.shape[1:]) < patch:
        raise DataError(
            "the picture is smaller than the square that would cover a place of it.",
            expected=f"{patch} x {patch} pixels or more",
            found=f"{pixels.shape[2]} x {pixels.shape[1]} (width x height)",
            do="take a larger picture, or a smaller patch",
        )
    rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
    covered = pixels.repeat(1 + rows * columns, 1, 1, 1)  # the first one stays whole
    for place in range(rows * columns):
        top, left = place // columns * patch, place % columns * patch
        covered[1 + place, :, top : top + patch, left : left + patch] = GREY
    with torch.inference_mode():
        probability = logits_of(covered).float().softmax(dim=1)[:, target].cpu()
    return (probability[0] - probability[1:]).reshape(rows, columns)
