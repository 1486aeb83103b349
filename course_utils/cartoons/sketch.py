"""A sketch: flat shapes in the object's own coordinates, painted later at any place and size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from course_utils.cartoons.colors import Color, rgb

BACK, BODY, NEAR, HEAD = 120, 165, 190, 220  # depths of an animal's parts


class Shape(NamedTuple):
    points: np.ndarray
    fill: Color
    depth: int
    clipped: bool


@cache
def _spline_weights(n: int, closed: bool, steps: int = 5) -> np.ndarray:
    """Catmull-Rom weights ``[points on the curve, n]`` of a curve through ``n`` control points."""
    rows = []
    for i in range(n if closed else n - 1):
        for t in np.arange(steps) / steps:
            row = np.zeros(n)
            basis = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3)
            for k, weight in zip(range(i - 1, i + 3), basis):
                row[k % n if closed else min(max(k, 0), n - 1)] += weight / 2
            rows.append(row)
    if not closed:
        rows.append(np.eye(n)[-1])
    return np.array(rows)


_ANGLES = np.arange(20) * math.tau / 20
_CIRCLE = np.round(np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)]), 6)


def rotation(degrees: float) -> np.ndarray:
    """Matrix ``[2, 2]`` for row vectors; positive turns clockwise on screen (y points down)."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, s], [-s, c]])


class Sketch:
    """Shapes in drawing order, x to the right and y down, in any unit: placing it sets the size.

    Each shape has a ``depth`` from 1 (far) to 255 (near) from which the shading is computed: where
    two depths meet there is an edge. A shape without one lies flat on the shape drawn before it.

    Attributes:
        stance: where it belongs, ``"ground"``, ``"air"``, ``"water"``, ``"close"`` (fills the
            frame) or ``"bust"`` (cut off by the lower edge of the frame).
        tilt: the largest random rotation in degrees.
        fuzz: how uneven the surface is, from 0 to 1.
    """

    def __init__(self, stance: str = "ground", tilt: float = 6.0, fuzz: float = 1.0):
        self.stance, self.tilt, self.fuzz = stance, tilt, fuzz
        self.shapes: list[Shape] = []

    def polygon(self, points, fill: Color, depth: int | None = None, clipped: bool = False) -> None:
        """A polygon; ``clipped`` keeps only what lies on earlier shapes of the same depth."""
        if depth is None:
            depth = self.shapes[-1].depth if self.shapes else NEAR
        self.shapes.append(Shape(np.asarray(points, dtype=float), fill, depth, clipped))

    def rectangle(self, left, top, right, bottom, fill: Color, depth: int | None = None) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill, depth)

    def blob(self, points, fill: Color, depth: int | None = None, clipped: bool = False) -> None:
        """A smooth closed curve through ``points``."""
        points = np.asarray(points, dtype=float)
        self.polygon(_spline_weights(len(points), True) @ points, fill, depth, clipped)

    def mirrored(self, half, fill: Color, depth: int | None = None) -> None:
        """A smooth shape symmetric about x = 0 from its right ``half``, top to bottom."""
        self.blob([*half, *((-x, y) for x, y in reversed(half) if x)], fill, depth)

    def ellipse(self, x, y, rx, ry, fill: Color, depth: int | None = None, angle=0.0, clipped=False) -> None:
        points = _CIRCLE * (rx, ry)
        if angle:
            points = points @ rotation(angle)
        self.polygon(points + (x, y), fill, depth, clipped)

    def limb(self, points, widths, fill: Color, depth: int | None = None) -> None:
        """A smooth stroke through ``points``, its half-width running through ``widths``."""
        weights = _spline_weights(len(points), False)
        line = weights @ np.asarray(points, dtype=float)
        half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)[:, None]
        extended = np.concatenate([line[:1], line, line[-1:]])
        along = extended[2:] - extended[:-2]
        along /= np.maximum(np.sqrt((along**2).sum(1, keepdims=True)), 1e-9)
        side = along[:, ::-1] * (-1, 1) * half
        tip, root = line[-1] + 0.8 * half[-1] * along[-1], line[0] - 0.8 * half[0] * along[0]
        self.polygon(np.concatenate([line + side, [tip], (line - side)[::-1], [root]]), fill, depth)

    def add(
        self, other: Sketch, x=0.0, y=0.0, scale=1.0, angle=0.0, mirror=False, depth: int | None = None
    ) -> None:
        """Copy ``other`` in, scaled, turned and moved; ``depth`` replaces its largest depth."""
        matrix = np.diag([-1.0 if mirror else 1.0, 1.0]) @ rotation(angle) * scale
        shift = 0 if depth is None else depth - max(s.depth for s in other.shapes)
        for shape in other.shapes:
            moved = shape.points @ matrix + (x, y)
            self.shapes.append(Shape(moved, shape.fill, max(shape.depth + shift, 1), shape.clipped))

    def bounds(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Upper left and lower right corner, each ``[2]``, after ``points @ matrix``."""
        points = np.concatenate([s.points for s in self.shapes if not s.clipped]) @ matrix
        return points.min(0), points.max(0)

    def corners(self, matrix: np.ndarray, offset: np.ndarray) -> Iterator[list[float]]:
        """For each shape its corners in pixels as Pillow wants them: x, y, x, y, ..."""
        if not self.shapes:
            return
        every = np.concatenate([s.points for s in self.shapes]) @ matrix + offset
        flat = np.round(every, 2).ravel().tolist()
        start = 0
        for shape in self.shapes:
            stop = start + 2 * len(shape.points)
            yield flat[start:stop]
            start = stop

    def paint_flat(self, picture: Image.Image) -> None:
        """Paint onto ``picture`` without light, from (0, 0) upper left to (1, 1) lower right."""
        draw = ImageDraw.Draw(picture)
        scale = np.diag(picture.size)
        for corners, shape in zip(self.corners(scale, np.zeros(2)), self.shapes):
            draw.polygon(corners, fill=rgb(shape.fill))

    def paint(self, size: int, matrix: np.ndarray, offset: np.ndarray) -> Image.Image:
        """An RGBA image ``size`` pixels square whose alpha is the depth (0: nothing there)."""
        layer = Image.new("RGBA", (size, size))
        draw = ImageDraw.Draw(layer)
        for corners, (_, fill, depth, clipped) in zip(self.corners(matrix, offset), self.shapes):
            if clipped:
                _paint_clipped(layer, corners, fill, depth)
            else:
                draw.polygon(corners, fill=(*rgb(fill), depth))
        return layer


def _paint_clipped(layer: Image.Image, corners: list[float], fill: Color, depth: int) -> None:
    stencil = Image.new("L", layer.size)
    ImageDraw.Draw(stencil).polygon(corners, fill=255)
    same_part = np.asarray(layer.getchannel("A")) == depth
    stencil = Image.fromarray(np.where(same_part, np.asarray(stencil), 0).astype(np.uint8))
    layer.paste((*rgb(fill), depth), (0, 0), stencil)
