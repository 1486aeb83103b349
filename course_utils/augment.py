"""Augmentation and preprocessing of whole batches, as tensor code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Preprocess:
    """Turn stored pixels into the input that a set of weights was trained on.

    The constants belong to the *weights*, not to the data set: take them from ``Weights.preprocess``.

    Args:
        mean: mean of each channel, in 0..1.
        std: standard deviation of each channel, in 0..1.
        size: height and width in pixels to resize to; ``None`` keeps the pictures as they are.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    size: int | None = None

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 or float ``[N, 3, H, W]`` in 0..255 to normalised float32 ``[N, 3, size, size]``."""
        x = images.float() / 255
        if self.size and x.shape[-2:] != (self.size, self.size):
            x = F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True)
        mean, std = self._constants(x.device)
        return (x - mean) / std

    def undo(self, x: Tensor) -> Tensor:
        """Map normalised float ``[N, 3, H, W]`` back to uint8 pixels, to look at them."""
        mean, std = self._constants(x.device)
        return ((x * std + mean) * 255).round().clamp(0, 255).to(torch.uint8)

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


def channels_last(x: Tensor) -> Tensor:
    """The same ``[N, C, H, W]``, in memory pixel by pixel instead of channel by channel.

    Convolutions are faster on it, on CPUs too: ResNet-18 at 32x32 evaluates twice as fast and trains
    1.2 times as fast at batch size 256 (CPU seconds, one thread of an AMD EPYC with AVX2).
    """
    return x.contiguous(memory_format=torch.channels_last)


@contextmanager
def channels_last_weights(model: nn.Module) -> Iterator[None]:
    """The same for the weights of convolutions; afterwards they lie as before.

    ResNet-18 at 32x32 evaluates 1.35 times as fast again (CPU seconds, two threads of that machine).
    An optimizer may hold tensors that lie as the weights did: hence the way back.
    """
    kept = [(p, p.data) for p in model.parameters() if p.ndim == 4]
    for parameter, values in kept:
        parameter.data = channels_last(values)
    try:
        yield
    finally:
        for parameter, values in kept:
            parameter.data = values


def send(values: Tensor, device: torch.device) -> Tensor:
    """Copy a few numbers from the CPU to ``device`` without waiting until the device has them.

    A plain ``.to(device)`` would make the CPU wait for all the work that is queued on a GPU. For up to
    64 KB CUDA does not wait (CUDA C++ Programming Guide, "Concurrent Execution between Host and Device").
    """
    return values.to(device, non_blocking=True)


def _per_image(values: Tensor, images: Tensor) -> Tensor:
    return send(values, images.device).view(-1, 1, 1, 1)
