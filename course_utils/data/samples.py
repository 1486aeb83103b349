"""Real photographs of this package and of matplotlib, for a first look without a network."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

CC0, PUBLIC_DOMAIN = "CC0", "public domain"
ASSETS = Path(__file__).parents[1] / "assets"  # photos.md there says where they come from


@dataclass(frozen=True)
class SamplePhoto:
    """A photograph that lies on this machine once the course is installed.

    Attributes:
        shows: what a person sees on it.
        package: the distribution that ships it; empty for this one.
        path: where it lies among the package's files.
        licence, credit: as the package states them.
    """

    shows: str
    package: str
    path: str
    licence: str
    credit: str

    def file(self) -> Path | None:
        """The file on this machine; ``None`` where the package is not installed or lacks it."""
        try:
            found = distribution(self.package).locate_file(self.path) if self.package else ASSETS / self.path
        except PackageNotFoundError:
            return None
        path = Path(str(found))
        return path if path.is_file() else None

    def read(self) -> Tensor:
        """The picture, uint8 ``[3, H, W]``, RGB.

        Raises:
            FileNotFoundError: if it is not on this machine.
        """
        file = self.file()
        if file is None:
            raise FileNotFoundError(f"{self.path} of {self.package or 'this package'} is not on this machine")
        with Image.open(file) as image:
            pixels = np.array(image.convert("RGB"))
        return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


PHOTOS = (
    SamplePhoto("Grace Hopper, an officer of the US Navy", "matplotlib",
                "matplotlib/mpl-data/sample_data/grace_hopper.jpg", PUBLIC_DOMAIN, "James S. Davis, US Navy"),
    SamplePhoto("a cat", "", "photo_cat.jpg", CC0, "Stefan van der Walt"),
    SamplePhoto("a cup of coffee", "", "photo_coffee.jpg", CC0, "Rachel Michetti, Pikolo Espresso Bar"),
    SamplePhoto("a rocket at its launch", "", "photo_rocket.jpg", PUBLIC_DOMAIN, "SpaceX"),
)  # fmt: skip


def sample_photos() -> list[SamplePhoto]:
    """Those of the photographs that are on this machine; nothing is imported or downloaded."""
    return [photo for photo in PHOTOS if photo.file()]
