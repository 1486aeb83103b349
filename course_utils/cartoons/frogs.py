"""Frogs: from the front, from the side, from above and in the water."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_utils.cartoons.colors import (
    BLACK,
    FROGS,
    WHITE,
    Color,
    chance,
    choose,
    darker,
    lighter,
    mix,
    pick,
)
from course_utils.cartoons.sketch import BACK, BODY, HEAD, NEAR, Sketch

Rng = np.random.Generator


class Skin(NamedTuple):
    base: Color
    far: Color
    belly: Color
    mark: Color
    spotted: bool


def _skin(rng: Rng) -> Skin:
    base = choose(rng, FROGS, 14)
    belly = mix(lighter(base, 0.5), (228, 216, 160), rng.uniform(0.2, 0.6))
    mark = pick(rng, (darker(base, 0.45), choose(rng, FROGS)))
    return Skin(base, darker(base, 0.25), belly, mark, chance(rng, 0.6))


def _spots(sketch: Sketch, rng: Rng, skin: Skin, box) -> None:
    if not skin.spotted:
        return
    left, top, right, bottom = box
    for _ in range(int(rng.integers(5, 10))):
        x, y, r = rng.uniform(left, right), rng.uniform(top, bottom), rng.uniform(0.04, 0.1)
        sketch.ellipse(x, y, r * 1.2, r, skin.mark, clipped=True)


def _frog_eye(sketch: Sketch, rng: Rng, x, y, r, skin: Skin, iris: Color, depth=HEAD) -> None:
    sketch.ellipse(x, y, r * 1.3, r * 1.25, skin.base, depth)
    sketch.ellipse(x, y - r * 0.08, r * 0.92, r * 0.9, iris, depth)
    sketch.ellipse(x, y - r * 0.05, r * 0.62, r * 0.36, BLACK)
    sketch.ellipse(x + r * 0.3, y - r * 0.4, r * 0.2, r * 0.2, WHITE)


def _iris(rng: Rng) -> Color:
    return pick(rng, ((222, 190, 70), (206, 120, 50), (180, 60, 40), (200, 206, 130), (140, 110, 60)))


def _foot(sketch: Sketch, x, y, size, direction, color, depth=None) -> None:
    """Three toes spread about ``direction`` (degrees)."""
    for spread in (-32, 0, 32):
        angle = np.radians(direction + spread)
        sketch.limb(
            [(x, y), (x + size * np.cos(angle), y + size * np.sin(angle))], [0.05, 0.045], color, depth
        )


def _frog_front(rng: Rng) -> Sketch:
    skin, iris = _skin(rng), _iris(rng)
    sketch = Sketch("ground", 7)
    wide = rng.uniform(0.85, 1.05)
    for side in (-1, 1):
        sketch.ellipse(side * wide, 0.32, 0.42, 0.34, skin.far, BACK)
        _foot(sketch, side * (wide + 0.12), 0.62, 0.28, 40 if side > 0 else 140, skin.far)
    sketch.mirrored(
        [(0, -0.55), (0.5, -0.5), (wide, -0.1), (wide * 0.95, 0.35), (0.6, 0.66), (0, 0.7)], skin.base, BODY
    )
    sketch.ellipse(0, 0.4, wide * 0.75, 0.36, skin.belly, clipped=True)
    for side in (-1, 1):
        sketch.limb([(side * 0.5, 0.2), (side * 0.62, 0.5), (side * 0.5, 0.74)], [0.15, 0.1], skin.base, NEAR)
        _foot(sketch, side * 0.5, 0.72, 0.22, 60 if side > 0 else 120, skin.base)
    sketch.mirrored([(0, -0.62), (0.45, -0.56), (0.82, -0.2), (0.6, 0.1), (0, 0.18)], skin.base, NEAR + 10)
    _spots(sketch, rng, skin, (-0.6, -0.5, 0.6, -0.1))
    smile = rng.uniform(0.05, 0.2)
    sketch.limb(
        [(-0.72, -0.12), (-0.3, smile), (0.3, smile), (0.72, -0.12)], [0.035], darker(skin.base, 0.65)
    )
    eye, apart = rng.uniform(0.18, 0.26), rng.uniform(0.42, 0.55)
    for side in (-1, 1):
        sketch.ellipse(side * 0.08, -0.16, 0.03, 0.03, BLACK, NEAR + 10)
        _frog_eye(sketch, rng, side * apart, -0.6, eye, skin, iris)
    return sketch


def _frog_side(rng: Rng) -> Sketch:
    skin, iris = _skin(rng), _iris(rng)
    sketch = Sketch("ground", 8)
    rise = rng.uniform(0.0, 0.2)
    sketch.limb([(0.42, 0.2), (0.55, 0.5), (0.6, 0.7)], [0.12, 0.08], skin.far, BACK)
    sketch.blob(
        [
            (1.0, -0.22 - rise),
            (0.72, -0.5 - rise),
            (0.2, -0.48 - rise * 0.6),
            (-0.5, -0.1),
            (-0.95, 0.4),
            (-0.8, 0.62),
            (0.1, 0.6),
            (0.6, 0.4),
            (0.9, 0.05 - rise),
        ],
        skin.base,
        BODY,
    )
    sketch.blob(
        [(0.95, 0.0 - rise), (0.5, 0.05), (0.1, 0.35), (0.0, 0.62), (0.6, 0.5)], skin.belly, clipped=True
    )
    _spots(sketch, rng, skin, (-0.7, -0.3, 0.6, 0.2))
    if chance(rng, 0.4):
        sketch.limb([(0.6, -0.35 - rise), (0.0, -0.25), (-0.7, 0.2)], [0.05], skin.mark)
    sketch.limb(
        [(1.0, -0.12 - rise), (0.6, 0.0 - rise * 0.5), (0.45, -0.06 - rise * 0.5)],
        [0.03],
        darker(skin.base, 0.6),
    )
    sketch.limb([(0.4, 0.1), (0.3, 0.45), (0.5, 0.72)], [0.15, 0.09, 0.08], skin.base, NEAR)
    _foot(sketch, 0.5, 0.72, 0.2, 10, skin.base)
    sketch.blob(
        [(-0.05, 0.5), (-0.3, 0.02), (-0.62, 0.02), (-0.95, 0.45), (-0.7, 0.72), (-0.2, 0.7)],
        skin.base,
        NEAR + 12,
    )
    sketch.limb([(-0.75, 0.68), (-0.1, 0.74), (0.12, 0.74)], [0.09, 0.06], skin.far, NEAR + 20)
    _foot(sketch, 0.05, 0.74, 0.18, 5, skin.far)
    _frog_eye(sketch, rng, 0.6, -0.5 - rise, rng.uniform(0.15, 0.2), skin, iris)
    return sketch


def _frog_top(rng: Rng) -> Sketch:
    """Seen from above, legs folded or stretched."""
    skin, iris = _skin(rng), _iris(rng)
    sketch = Sketch("close", 180)
    stretch = rng.uniform(0.0, 0.6)
    for side in (-1, 1):
        knee, ankle = (side * (0.95 - stretch * 0.2), 0.25 + stretch * 0.5), (side * 0.6, 0.62 + stretch)
        sketch.limb([(side * 0.3, 0.55), knee], [0.19, 0.14], skin.base, BACK)
        sketch.limb([knee, ankle], [0.13, 0.09], skin.far, BACK + 15)
        _foot(sketch, *ankle, 0.32, 65 if side > 0 else 115, skin.far)
        elbow = (side * 0.8, -0.25)
        sketch.limb([(side * 0.4, -0.2), elbow, (side * 0.75, -0.55)], [0.12, 0.08], skin.base, BACK)
        _foot(sketch, side * 0.75, -0.55, 0.2, -80 if side > 0 else -100, skin.base)
    sketch.mirrored(
        [(0, -0.98), (0.28, -0.86), (0.5, -0.45), (0.45, 0.1), (0.38, 0.6), (0, 0.76)], skin.base, BODY
    )
    _spots(sketch, rng, skin, (-0.4, -0.5, 0.4, 0.6))
    if chance(rng, 0.5):
        for x in (-0.26, 0.26):
            sketch.limb([(x, -0.5), (x * 1.1, 0.1), (x * 0.8, 0.6)], [0.045], skin.belly, BODY)
    for side in (-1, 1):
        sketch.ellipse(side * 0.36, -0.66, 0.17, 0.18, skin.base, HEAD)
        sketch.ellipse(side * 0.4, -0.68, 0.11, 0.12, iris)
        sketch.ellipse(side * 0.41, -0.68, 0.05, 0.08, BLACK)
    return sketch


def _frog_in_water(rng: Rng) -> Sketch:
    """Only the head above the surface."""
    skin, iris = _skin(rng), _iris(rng)
    sketch = Sketch("water", 4)
    water = choose(rng, ((86, 120, 120), (120, 150, 150), (70, 96, 84)))
    sketch.ellipse(0, 0.32, 1.2, 0.2, water, 20)
    sketch.mirrored([(0, -0.4), (0.5, -0.36), (0.85, 0.0), (0.8, 0.3), (0, 0.36)], skin.base, BODY)
    _spots(sketch, rng, skin, (-0.6, -0.3, 0.6, 0.1))
    sketch.limb([(-0.8, 0.08), (-0.3, 0.2), (0.3, 0.2), (0.8, 0.08)], [0.035], darker(skin.base, 0.65), BODY)
    for side in (-1, 1):
        _frog_eye(sketch, rng, side * 0.45, -0.42, rng.uniform(0.2, 0.26), skin, iris)
    sketch.ellipse(0, 0.36, 0.95, 0.09, lighter(water, 0.35), 20)
    return sketch


FROG_KINDS = (_frog_front, _frog_side, _frog_top, _frog_in_water)
