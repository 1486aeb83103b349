"""Augmentation and preprocessing of whole batches, as tensor code."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

CROP_AREA, CROP_RATIO = (0.3, 1.0), (3 / 4, 4 / 3)  # of the resampled crops
LIGHT = 0.3  # brightness and contrast change by a factor of up to 1 ± this


@dataclass(frozen=True)
class Preprocess:
    """Turn stored pixels into the input that a set of weights was trained on.

    The constants belong to the *weights*, not to the data set: take them from ``Weights.preprocess``.

    Args:
        mean: mean of each channel, in 0..1.
        std: standard deviation of each channel, in 0..1.
        size: height and width in pixels to resize to; ``None`` keeps the pictures as they are.
        resize: how: ``"bilinear"`` or ``"bicubic"``, as the weights were trained.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    size: int | None = None
    resize: str = "bilinear"

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 or float ``[N, 3, H, W]`` in 0..255 to normalised float32 ``[N, 3, size, size]``."""
        x = images.float() / 255
        if self.size and x.shape[-2:] != (self.size, self.size):
            x = F.interpolate(x, (self.size, self.size), mode=self.resize, antialias=True)
            x = x.clamp(0, 1)  # bicubic overshoots at edges
        mean, std = self._constants(x.device)
        return (x - mean) / std

    def _constants(self, device: torch.device) -> list[Tensor]:
        return [send(torch.tensor(v).view(3, 1, 1), device) for v in (self.mean, self.std)]


@dataclass(frozen=True)
class Augment:
    """Random shift, mirror and light, drawn for each image of a batch by itself.

    torchvision's v2 transforms draw *one* set of parameters for a whole batch, which is why this is
    written out here.

    Args:
        pad: pixels of black border from which a crop of the old size is cut.
        flip: mirror half of the images left to right.
        jitter: brightness and contrast each change by a factor of up to ``1 ± jitter``.
    """

    pad: int = 4
    flip: bool = True
    jitter: float = 0.0

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Map ``[N, 3, H, W]`` in 0..255 to the same shape; ``generator`` is a CPU generator."""
        if self.pad:
            images = shift(images, self.pad, generator)
        if self.flip:
            mirrored = torch.rand(len(images), generator=generator) < 0.5
            images = torch.where(_per_image(mirrored, images), images.flip(-1), images)
        if self.jitter:
            images = change_light(images, self.jitter, generator)
        return images


def shift(images: Tensor, pad: int, generator: torch.Generator) -> Tensor:
    """Cut a window of the old size out of each zero-padded image, at a place of its own."""
    height, width = images.shape[-2:]
    padded = F.pad(images, (pad, pad, pad, pad))
    top, left = torch.randint(0, 2 * pad + 1, (2, len(images)), generator=generator)
    return cut_windows(padded, top, left, height, width)


def cut_windows(images: Tensor, top: Tensor, left: Tensor, height: int, width: int) -> Tensor:
    """Cut a window of ``height`` x ``width`` out of each image ``[N, C, H, W]``, without resampling.

    Args:
        top, left: int64 ``[N]``, the corner of each image's window in pixels.
    """
    device = images.device
    image = torch.arange(len(images), device=device)
    windows = images.unfold(2, height, 1).unfold(3, width, 1)  # a view of all windows of all images
    return windows[image, :, send(top, device), send(left, device)]


def change_light(images: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Scale each image's brightness and its contrast around its own mean; returns float in 0..255."""
    factors = 1 + amount * (2 * torch.rand(2, len(images), generator=generator) - 1)
    brightness, contrast = (_per_image(f, images) for f in factors)
    x = images.float() * brightness
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return ((x - mean) * contrast + mean).clamp(0, 255)


def send(values: Tensor, device: torch.device) -> Tensor:
    """Copy a few numbers from the CPU to ``device`` without waiting until the device has them.

    A plain ``.to(device)`` would make the CPU wait for all the work that is queued on a GPU. For up to
    64 KB CUDA does not wait (CUDA C++ Programming Guide, "Concurrent Execution between Host and Device").
    """
    return values.to(device, non_blocking=True)


def _per_image(values: Tensor, images: Tensor) -> Tensor:
    return send(values, images.device).view(-1, 1, 1, 1)


def random_crops(images: Tensor, size: int, windows: float, generator: torch.Generator) -> Tensor:
    """Map uint8 ``[N, 3, H, W]`` to float ``[N, 3, size, size]`` in 0..255, each image differently.

    The first ``windows`` of the batch are plain windows of the stored pixels, sharp as small images
    are; the others are crops of random area and shape, resampled. All are mirrored at random, and
    vary in light.
    """
    plain = round(windows * len(images))
    ways = ((random_windows, images[:plain]), (random_resized_crops, images[plain:]))
    x = torch.cat([way(part, size, generator).float() for way, part in ways if len(part)])
    return Augment(pad=0, flip=True, jitter=LIGHT)(x, generator)


def random_windows(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Cut a ``size`` x ``size`` window out of each image, without resampling."""
    n, _, height, width = images.shape
    top = torch.randint(height - size + 1, (n,), generator=generator)
    left = torch.randint(width - size + 1, (n,), generator=generator)
    return cut_windows(images, top, left, size, size)


def random_resized_crops(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Cut a box of random area, shape and place out of each image and resample it to ``size``.

    The whole batch goes through one ``grid_sample``. Where a box may be larger than ``size``, it is
    sampled at twice the size and averaged, so that fine lines do not flicker (aliasing).
    """
    n, side = len(images), min(images.shape[-2:])
    area = torch.empty(n).uniform_(*CROP_AREA, generator=generator)
    log_ratio = torch.empty(n).uniform_(*(math.log(r) for r in CROP_RATIO), generator=generator)
    stretch = (log_ratio / 2).exp()
    width, height = (area.sqrt() * stretch).clamp(max=1), (area.sqrt() / stretch).clamp(max=1)
    x, y = (2 * torch.rand(2, n, generator=generator) - 1) * (1 - torch.stack([width, height]))
    zero = torch.zeros(n)
    boxes = torch.stack([width, zero, x, zero, height, y], dim=1).view(n, 2, 3)
    fine = 2 if size < side else 1
    grid = F.affine_grid(send(boxes, images.device), [n, 3, fine * size, fine * size], align_corners=False)
    crops = F.grid_sample(images.float(), grid, padding_mode="reflection", align_corners=False)
    return F.avg_pool2d(crops, fine)
