"""Small models and image sets for tests that should take milliseconds."""

from __future__ import annotations

import torch
from torch import nn

from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet, Splits

PREPROCESS = Preprocess((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def tiny_model(classes: int = 3, seed: int = 0) -> nn.Module:
    """Convolution, batch norm, dropout, pooling and a linear head."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(32, classes),
        )


def tiny_images(n: int, classes: int = 3, seed: int = 0, name: str = "noise with a tint") -> ImageSet:
    """Noise whose mean colour tells the class: learnable in a few steps."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    images = torch.randint(0, 160, (n, 3, 8, 8), generator=generator)
    images[torch.arange(n), labels] += 80
    names = tuple(f"class {i}" for i in range(classes))
    return ImageSet(images.to(torch.uint8), labels, names, name)


def tiny_splits(n: int = 50) -> Splits:
    return Splits(tiny_images(n), tiny_images(n, seed=1), tiny_images(n, seed=2))
