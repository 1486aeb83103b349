"""Real photographs that installed packages ship, for a first look without a network."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

CC0, PUBLIC_DOMAIN = "CC0", "public domain"


@dataclass(frozen=True)
class SamplePhoto:
    """A photograph of an installed package.

    Attributes:
        shows: what a person sees on it.
        package: the distribution that ships it.
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
            path = Path(str(distribution(self.package).locate_file(self.path)))
        except PackageNotFoundError:
            return None
        return path if path.is_file() else None

    def read(self) -> Tensor:
        """The picture, uint8 ``[3, H, W]``, RGB.

        Raises:
            FileNotFoundError: if it is not on this machine.
        """
        file = self.file()
        if file is None:
            raise FileNotFoundError(f"{self.path} of {self.package} is not on this machine")
        with Image.open(file) as image:
            pixels = np.array(image.convert("RGB"))
        return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _matplotlib(shows: str, name: str, licence: str, credit: str) -> SamplePhoto:
    return SamplePhoto(shows, "matplotlib", f"matplotlib/mpl-data/sample_data/{name}", licence, credit)


def _skimage(shows: str, name: str, licence: str, credit: str) -> SamplePhoto:
    return SamplePhoto(shows, "scikit-image", f"skimage/data/{name}", licence, credit)


# matplotlib is always there. scikit-image (170 MB with what it needs) is not a dependency; Colab has it.
PHOTOS = (
    _matplotlib("Grace Hopper, an officer of the US Navy", "grace_hopper.jpg", PUBLIC_DOMAIN,
                "James S. Davis, US Navy"),
    _skimage("a cat", "chelsea.png", CC0, "Stefan van der Walt"),
    _skimage("a cup of coffee", "coffee.png", CC0, "Rachel Michetti, Pikolo Espresso Bar"),
    _skimage("a man with a camera on a tripod", "camera.png", CC0, "Lav Varshney"),
    _skimage("a rocket at its launch", "rocket.jpg", PUBLIC_DOMAIN, "SpaceX"),
    _skimage("Eileen Collins, an astronaut", "astronaut.png", PUBLIC_DOMAIN, "NASA"),
)  # fmt: skip


def sample_photos() -> list[SamplePhoto]:
    """Those of the photographs that are on this machine; nothing is imported or downloaded."""
    return [photo for photo in PHOTOS if photo.file()]
