"""A canvas of float pixels: gradients, grain, shapes and blur, in fractions of the picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from course_utils.cartoons.colors import Color
from course_utils.cartoons.sketch import Sketch

Rng = np.random.Generator


def noise(rng: Rng, size: int, cells_x: int, cells_y: int | None = None) -> np.ndarray:
    """Smooth random field, float32 ``[size, size]`` from -1 to 1, of about that many bumps."""
    coarse = rng.random((cells_y or cells_x, cells_x), dtype=np.float32) * 2 - 1
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


class Canvas:
    """Paints in fractions of the picture: (0, 0) upper left, (1, 1) lower right."""

    def __init__(self, size: int):
        self.size = size
        self.pixels = np.zeros((size, size, 3), np.float32)

    def band(self, top: float, bottom: float, upper: Color, lower: Color) -> None:
        """A vertical gradient from one height to another."""
        a, b = int(round(max(top, 0) * self.size)), int(round(min(bottom, 1) * self.size))
        t = np.linspace(0, 1, max(b - a, 1), dtype=np.float32)[: b - a, None]
        first, last = np.asarray(upper, np.float32), np.asarray(lower, np.float32)
        colors = first + (last - first) * t
        self.pixels[a:b] = colors[:, None, :]

    def grain(self, field: np.ndarray, strength: float, top=0.0, bottom=1.0) -> None:
        """Lighten and darken between two heights by a noise field."""
        a, b = int(round(max(top, 0) * self.size)), int(round(min(bottom, 1) * self.size))
        self.pixels[a:b] *= 1 + strength * field[a:b, :, None]

    def tint(self, mask: np.ndarray, color: Color) -> None:
        """Mix in a colour where ``mask`` is above 0."""
        amount = np.clip(mask, 0, 1)[..., None]
        self.pixels += (np.asarray(color, np.float32) - self.pixels) * amount

    def draw(self, sketch: Sketch) -> None:
        """Paint a sketch in fractions of the picture."""
        if not sketch.shapes:
            return
        image = self.image()
        sketch.paint_flat(image)
        self.pixels = np.asarray(image, dtype=np.float32).copy()

    def blur(self, radius: float) -> None:
        """Out of focus; ``radius`` is a fraction of the picture."""
        image = self.image().filter(ImageFilter.BoxBlur(self.size * radius))
        self.pixels = np.asarray(image, dtype=np.float32).copy()

    def image(self) -> Image.Image:
        return Image.fromarray(np.clip(self.pixels, 0, 255).astype(np.uint8))
