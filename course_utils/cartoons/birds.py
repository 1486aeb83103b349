"""Birds: perched, flying, gliding, swimming and wading."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_utils.cartoons.colors import (
    BLACK,
    FEATHERS,
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


class Plumage(NamedTuple):
    body: Color
    wing: Color
    breast: Color
    head: Color
    beak: Color


def _plumage(rng: Rng) -> Plumage:
    body = choose(rng, FEATHERS)
    wing = pick(rng, (darker(body, 0.35), choose(rng, FEATHERS), darker(body, 0.2)))
    breast = pick(rng, (lighter(body, 0.5), choose(rng, FEATHERS), body))
    head = pick(rng, (body, body, choose(rng, FEATHERS)))
    beak = pick(rng, ((224, 164, 48), (60, 56, 56), (206, 104, 48), (176, 160, 120)))
    return Plumage(body, wing, breast, head, beak)


def _bird_head(
    sketch: Sketch, rng: Rng, colors: Plumage, x: float, y: float, r: float, beak: float, bend=0.0
) -> None:
    """A round head looking right; ``beak`` is its length in head radii, ``bend`` its droop."""
    tip = (x + r * (0.7 + beak), y + r * (0.15 + bend))
    sketch.polygon([(x + r * 0.6, y - r * 0.3), tip, (x + r * 0.6, y + r * 0.42)], colors.beak, HEAD - 10)
    sketch.ellipse(x, y, r, r * 0.95, colors.head, HEAD)
    if chance(rng, 0.3):
        sketch.ellipse(x + r * 0.3, y - r * 0.15, r * 0.5, r * 0.4, lighter(colors.head, 0.6), clipped=True)
    sketch.ellipse(x + r * 0.38, y - r * 0.18, r * 0.24, r * 0.24, BLACK)
    sketch.ellipse(x + r * 0.44, y - r * 0.26, r * 0.08, r * 0.08, WHITE)


def _perched(rng: Rng) -> Sketch:
    colors = _plumage(rng)
    sketch = Sketch("air" if chance(rng, 0.6) else "ground", 8)
    branch = sketch.stance == "air"
    lean = rng.uniform(-0.1, 0.25)
    fat = rng.uniform(0.85, 1.2)
    if branch:
        wood = choose(rng, ((92, 70, 52), (120, 100, 80), (70, 62, 54)))
        y = rng.uniform(-0.1, 0.1)
        sketch.limb([(-1.3, 0.98 - y), (0, 0.94), (1.3, 0.98 + y)], [0.09, 0.07, 0.05], wood, BACK)
        sketch.limb([(0.5, 0.95), (0.9, 0.65)], [0.05, 0.02], wood)
        if chance(rng, 0.5):
            sketch.ellipse(0.95, 0.6, 0.17, 0.09, (84, 124, 60), angle=-35)
    tail = rng.uniform(0.5, 0.9)
    sketch.polygon(
        [
            (-0.3, 0.35),
            (-0.5 - tail * 0.5, 0.55 + tail * 0.5),
            (-0.3 - tail * 0.4, 0.62 + tail * 0.5),
            (-0.05, 0.6),
        ],
        colors.wing,
        BACK + 20,
    )
    for x in (-0.02, 0.16):
        sketch.limb([(x, 0.5), (x + 0.04, 0.92)], [0.035], darker(colors.beak, 0.3), BACK + 10)
    sketch.blob(
        [
            (0.42 + lean, -0.4),
            (0.52, 0.0),
            (0.3, 0.5),
            (-0.1, 0.62),
            (-0.42, 0.35),
            (-0.3 * fat, -0.1),
            (0.0 + lean, -0.5),
        ],
        colors.body,
        BODY,
    )
    sketch.ellipse(0.34, 0.15, 0.26 * fat, 0.45, colors.breast, angle=10, clipped=True)
    sketch.blob(
        [(0.02, -0.2), (0.16, 0.1), (-0.1, 0.42), (-0.62, 0.66), (-0.4, 0.2), (-0.22, -0.12)],
        colors.wing,
        NEAR,
    )
    for k in (0.3, 0.5):
        sketch.limb(
            [(0.08 - k * 0.4, 0.1 + k * 0.3), (-0.25 - k * 0.5, 0.3 + k * 0.5)],
            [0.02],
            darker(colors.wing, 0.4),
        )
    if chance(rng, 0.25):
        sketch.polygon(
            [(0.08 + lean, -0.85), (-0.1 + lean, -1.2), (0.3 + lean, -0.95)], colors.head, HEAD - 20
        )
    _bird_head(sketch, rng, colors, 0.24 + lean, -0.62, rng.uniform(0.3, 0.38), rng.uniform(0.5, 1.0))
    return sketch


def _wing(sketch: Sketch, root, tip, width: float, color: Color, depth: int) -> None:
    """A wing with feathers at its trailing edge."""
    root, tip = np.array(root), np.array(tip)
    back = np.array([-width, 0.12 * width])
    edge = [
        root + (tip - root) * t + back * (1 - 0.55 * t) * (1.0 if k % 2 else 0.82)
        for k, t in enumerate(np.linspace(0.95, 0, 8))
    ]
    bulge = (root + tip) / 2 + np.array([width * 0.3, -0.05])
    sketch.polygon([root + (width * 0.3, 0), bulge, tip, *edge], color, depth)
    sketch.polygon(
        [root + (width * 0.2, 0), bulge - (0.08, 0), root + (tip - root) * 0.8, root + back * 0.45],
        lighter(color, 0.18),
    )


def _flying(rng: Rng) -> Sketch:
    colors = _plumage(rng)
    sketch = Sketch("air", 22)
    lift = pick(rng, (1, 1, -1)) * rng.uniform(0.6, 1.0)
    span, width = rng.uniform(0.8, 1.15), rng.uniform(0.3, 0.5)
    _wing(sketch, (0.05, -0.05), (0.25 - 0.2 * span, -lift * span), width, darker(colors.wing, 0.25), BACK)
    sketch.polygon(
        [(-0.45, -0.08), (-1.0, -0.22), (-1.05, 0.0), (-0.98, 0.16), (-0.45, 0.1)], colors.wing, BACK + 20
    )
    sketch.blob(
        [(0.62, -0.12), (0.2, -0.22), (-0.5, -0.08), (-0.55, 0.06), (0.1, 0.2), (0.55, 0.12)],
        colors.body,
        BODY,
    )
    sketch.ellipse(0.15, 0.18, 0.45, 0.14, colors.breast, clipped=True)
    _bird_head(sketch, rng, colors, 0.68, -0.1, 0.18, rng.uniform(0.7, 1.6))
    _wing(
        sketch, (0.1, 0.02), (-0.1 - 0.35 * span, -lift * span * 1.05), width * 1.15, colors.wing, NEAR + 10
    )
    return sketch


def _gliding(rng: Rng) -> Sketch:
    """Seen from below or above, wings spread like an airplane's."""
    colors = _plumage(rng)
    sketch = Sketch("air", 180)
    bend, span = rng.uniform(-0.25, 0.35), rng.uniform(0.85, 1.2)
    sketch.polygon([(-0.08, 0.3), (-0.28, 0.85), (0.0, 0.78), (0.28, 0.85), (0.08, 0.3)], colors.wing, BACK)
    for side in (-1, 1):
        tip = (side * span, bend)
        edge = [
            (side * (span * t + 0.06), bend * t + 0.3 - 0.12 * t + (0.05 if k % 2 else 0))
            for k, t in enumerate(np.linspace(0.95, 0.05, 8))
        ]
        sketch.polygon(
            [(side * 0.1, -0.3), (side * span * 0.5, -0.35 + bend * 0.2), tip, *edge], colors.wing, BODY
        )
        sketch.polygon(
            [
                (side * 0.1, -0.24),
                (side * span * 0.5, -0.26 + bend * 0.2),
                (side * span * 0.6, bend * 0.4),
                (side * 0.1, 0.05),
            ],
            lighter(colors.wing, 0.2),
        )
    sketch.mirrored([(0, -0.5), (0.15, -0.35), (0.17, 0.1), (0.08, 0.45), (0, 0.5)], colors.body, NEAR)
    sketch.polygon([(-0.07, -0.66), (0.0, -0.92), (0.07, -0.66)], colors.beak, HEAD)
    sketch.ellipse(0, -0.56, 0.15, 0.18, colors.head, HEAD)
    return sketch


def _swimming(rng: Rng) -> Sketch:
    colors = _plumage(rng)
    sketch = Sketch("water", 3)
    neck = rng.uniform(0.1, 0.75)
    ripple = choose(rng, ((196, 212, 218), (140, 164, 176)))
    sketch.ellipse(0.0, 0.4, 1.15, 0.08, ripple, 20)
    sketch.blob(
        [(-0.95, -0.16), (-0.5, 0.38), (0.3, 0.42), (0.72, 0.2), (0.66, -0.12), (0.2, -0.18), (-0.4, -0.2)],
        colors.body,
        BODY,
    )
    sketch.ellipse(0.5, 0.2, 0.35, 0.26, colors.breast, clipped=True)
    sketch.blob([(0.3, -0.1), (0.1, 0.2), (-0.6, 0.12), (-0.98, -0.22), (-0.3, -0.26)], colors.wing, NEAR)
    sketch.limb(
        [(0.45, 0.1), (0.66, -0.2 - neck * 0.3), (0.58, -0.4 - neck)],
        [0.22, 0.13, 0.12],
        colors.head,
        NEAR + 5,
    )
    if chance(rng, 0.3):
        sketch.limb([(0.52, -0.12), (0.72, -0.12)], [0.04], WHITE)
    _bird_head(sketch, rng, colors, 0.64, -0.42 - neck, 0.21, rng.uniform(0.9, 1.3), 0.2)
    sketch.ellipse(-0.1, 0.44, 0.9, 0.07, mix(ripple, (60, 90, 110), 0.4), 20)
    return sketch


def _wading(rng: Rng) -> Sketch:
    colors = _plumage(rng)
    sketch = Sketch("ground", 4)
    leg, neck = rng.uniform(0.5, 1.0), rng.uniform(0.5, 0.95)
    shade = darker(colors.beak, 0.25)
    for x, foot in ((-0.06, -0.1), (0.12, 0.2)):
        sketch.limb([(x, 0.3), (x - 0.03, 0.3 + leg * 0.5), (foot, 0.3 + leg)], [0.045, 0.035], shade, BACK)
        sketch.limb([(foot, 0.3 + leg), (foot + 0.16, 0.32 + leg)], [0.03], shade)
    sketch.blob(
        [(0.42, -0.2), (0.45, 0.12), (0.1, 0.42), (-0.4, 0.36), (-0.8, 0.5), (-0.5, 0.0), (0.0, -0.28)],
        colors.body,
        BODY,
    )
    sketch.blob([(0.2, -0.12), (0.1, 0.2), (-0.75, 0.46), (-0.4, 0.0)], colors.wing, NEAR)
    sketch.limb(
        [(0.35, 0.0), (0.58, -0.25 * neck), (0.3, -0.6 * neck), (0.42, -neck)],
        [0.17, 0.1, 0.08, 0.09],
        colors.head,
        NEAR,
    )
    _bird_head(sketch, rng, colors, 0.46, -neck - 0.02, 0.17, rng.uniform(1.0, 2.6), rng.uniform(0, 0.9))
    return sketch


BIRD_KINDS = (_perched, _flying, _swimming, _wading, _gliding, _perched)
