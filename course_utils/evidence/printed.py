"""What the source texts do to their images: normalisation, and colour jitter and rotation image by image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.data.augment import Preprocess, send, shift

# The deviation is the mean of the images' own, not the pixels': so the texts print it.
NORMALISE = Preprocess((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
GREY = (0.299, 0.587, 0.114)  # weights of red, green and blue in a grey picture (ITU-R BT.601)


@dataclass(frozen=True)
class PrintedAugment:
    """Crop, mirror, colour jitter and rotation as torchvision's transforms of the text draw them.

    Args:
        pad: pixels of black border from which a crop of the old size is cut.
        jitter: brightness, contrast and saturation change by a factor of up to ``1 ± jitter``.
        hue: turns by up to that fraction of the colour circle.
        degrees: rotations up to that angle; corners become black, pixels are not mixed.
    """

    pad: int = 4
    jitter: float = 0.2
    hue: float = 0.1
    degrees: float = 15.0

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Map ``[N, 3, H, W]`` in 0..255 to floats of the same shape and range."""
        x = shift(images, self.pad, generator).float() / 255
        mirrored = send(torch.rand(len(x), generator=generator) < 0.5, x.device)
        x = torch.where(mirrored.view(-1, 1, 1, 1), x.flip(-1), x)
        brightness, contrast, saturation = 1 + self.jitter * _signed(3, x, generator)
        x = (x * brightness).clamp(0, 1)
        x = blend(x, grey(x).mean(dim=(2, 3), keepdim=True), contrast)
        x = blend(x, grey(x), saturation)
        x = turn_hue(x, self.hue * _signed(1, x, generator)[0])
        angles = math.radians(self.degrees) * _signed(1, x, generator)[0]
        return rotate(x, angles.flatten()) * 255


def grey(x: Tensor) -> Tensor:
    """The grey picture ``[N, 1, H, W]`` of ``[N, 3, H, W]``."""
    return (x * send(torch.tensor(GREY), x.device).view(3, 1, 1)).sum(1, keepdim=True)


def blend(x: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    """``factor`` of ``x`` and the rest of ``other``, kept within 0..1."""
    return (factor * x + (1 - factor) * other).clamp(0, 1)


def turn_hue(x: Tensor, turn: Tensor) -> Tensor:
    """Turn the hue of ``[N, 3, H, W]`` in 0..1; brightness and saturation (HSV) stay.

    Args:
        turn: fraction of the colour circle, ``[N, 1, 1, 1]``.
    """
    value, chroma = x.amax(1, keepdim=True), x.amax(1, keepdim=True) - x.amin(1, keepdim=True)
    red, green, blue = x.split(1, dim=1)
    safe = chroma.clamp_min(1e-8)
    hue = torch.where(
        value == red,
        (green - blue) / safe,
        torch.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    sector = (send(torch.tensor([5.0, 3.0, 1.0]), x.device).view(3, 1, 1) + hue + 6 * turn) % 6
    return value - chroma * torch.minimum(sector, 4 - sector).clamp(0, 1)


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Rotate each image of ``[N, 3, H, W]`` by its own angle in radians; nearest pixel, black corners."""
    cos, sin, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    matrices = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrices, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="nearest", align_corners=False)


def _signed(rows: int, images: Tensor, generator: torch.Generator) -> Tensor:
    """Uniform numbers in -1..1, for each of ``[N, 3, H, W]`` so many: ``[rows, N, 1, 1, 1]``."""
    return send(2 * torch.rand(rows, len(images), 1, 1, 1, generator=generator) - 1, images.device)
