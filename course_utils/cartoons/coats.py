"""Coats of four-legged animals: colours, stripes, patches, spots; and their legs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_utils.cartoons.colors import Color, chance, choose, darker, lighter, pick
from course_utils.cartoons.sketch import Sketch

Rng = np.random.Generator


class Coat(NamedTuple):
    """Colours of one animal; ``pattern`` is "plain", "stripes", "patches" or "spots"."""

    base: Color
    far: Color
    light: Color
    mark: Color
    pattern: str


def make_coat(rng: Rng, palette, patterns) -> Coat:
    base = choose(rng, palette)
    mark = choose(rng, palette) if chance(rng, 0.4) else darker(base, 0.4)
    light = lighter(base, rng.uniform(0.25, 0.8))
    return Coat(base, darker(base, 0.3), light, mark, pick(rng, patterns))


def mark_body(sketch: Sketch, rng: Rng, coat: Coat, box: tuple[float, float, float, float]) -> None:
    """Marks on the shape just drawn, inside ``box`` (left, top, right, bottom)."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    if coat.pattern == "stripes":
        for x in np.linspace(left, right, int(rng.integers(5, 8))):
            x += rng.uniform(-0.04, 0.04) * wide
            slant, half = rng.uniform(-0.05, 0.05) * wide, 0.028 * wide
            corners = [(x - half, top), (x + half, top), (x + slant, top + high * rng.uniform(0.5, 0.8))]
            sketch.polygon(corners, coat.mark, clipped=True)
    if coat.pattern == "patches":
        for _ in range(int(rng.integers(2, 4))):
            x, y = rng.uniform(left, right), rng.uniform(top, bottom)
            rx, ry = rng.uniform(0.12, 0.24, 2) * (wide, high * 1.6)
            sketch.ellipse(x, y, rx, ry, coat.mark, angle=rng.uniform(-30, 30), clipped=True)
    if coat.pattern == "spots":
        for _ in range(12):
            x, y = rng.uniform(left, right), rng.uniform(top, top + 0.6 * high)
            sketch.ellipse(x, y, 0.03 * wide, 0.026 * wide, coat.light, clipped=True)


def draw_leg(sketch, x, top, foot, bottom, width, bend, color, depth):
    knee = ((x + foot) / 2 + bend, (top + bottom) / 2)
    sketch.limb([(x, top), knee, (foot, bottom)], [width, width * 0.62, width * 0.55], color, depth)
