"""Things that stand around in scenes: trees, houses, fences, furniture, stones; none is a class."""

from __future__ import annotations

import numpy as np

from course_utils.cartoons.colors import (
    PAINT,
    WHITE,
    Color,
    chance,
    choose,
    darker,
    jitter,
    lighter,
    pick,
)
from course_utils.cartoons.sketch import Sketch

Rng = np.random.Generator
GREENS = (
    (86, 132, 54), (114, 146, 66), (62, 104, 50), (136, 148, 78), (152, 140, 84), (96, 120, 74),
)  # fmt: skip
WOODS = ((96, 72, 52), (70, 58, 48), (124, 100, 76), (84, 82, 78))
BRICKS = ((188, 168, 146), (160, 96, 76), (206, 200, 190), (140, 148, 156), (196, 176, 120))
ROOFS = ((132, 64, 52), (90, 86, 88), (110, 84, 66))
PANES = ((70, 82, 96), (236, 216, 150), (120, 144, 160))
PICTURES = ((168, 206, 232), (120, 140, 100), (200, 160, 110), (240, 240, 220))


def hills(sketch: Sketch, rng: Rng, y: float, color: Color, height: float = 0.14) -> None:
    knots = np.linspace(-0.1, 1.1, 6)
    ridge = [(x, y - height * rng.uniform(0.1, 1)) for x in knots]
    sketch.blob([*ridge, (1.4, y + 0.04), (-0.4, y + 0.04)], color)


def tree(sketch: Sketch, rng: Rng, x: float, y: float, size: float, color: Color) -> None:
    trunk = choose(rng, WOODS)
    sketch.limb([(x, y - size * 0.5), (x, y)], [size * 0.05, size * 0.07], trunk)
    if chance(rng, 0.35):
        for k in range(3):
            top, wide = y - size * (1.05 - 0.25 * k), size * (0.16 + 0.08 * k)
            sketch.polygon(
                [(x, top), (x + wide, top + size * 0.38), (x - wide, top + size * 0.38)],
                jitter(rng, color, 6),
            )
        return
    for _ in range(4):
        dx, dy = rng.uniform(-0.2, 0.2, 2) * size
        sketch.ellipse(x + dx, y - size * 0.7 + dy, size * 0.26, size * 0.22, jitter(rng, color, 9))


def trees(sketch: Sketch, rng: Rng, y: float, low: float, high: float) -> None:
    color = darker(choose(rng, GREENS), 0.2)
    for _ in range(int(rng.integers(2, 6))):
        tree(sketch, rng, rng.uniform(0, 1), y + rng.uniform(0, 0.04), rng.uniform(low, high), color)


def tufts(sketch: Sketch, rng: Rng, y: float, color: Color, count: int, size=0.08) -> None:
    for x in rng.uniform(-0.05, 1.05, count):
        for lean in rng.uniform(-0.06, 0.06, 3):
            tall = size * rng.uniform(0.6, 1.5)
            sketch.polygon([(x - 0.012, y), (x + 0.012, y), (x + lean, y - tall)], jitter(rng, color, 12))


def fence(sketch: Sketch, rng: Rng, y: float, color: Color, tall: float) -> None:
    for rail in (0.35, 0.8):
        sketch.rectangle(0, y - tall * rail, 1, y - tall * rail + 0.02, color)
    for x in np.arange(rng.uniform(0, 0.2), 1, rng.uniform(0.18, 0.3)):
        sketch.rectangle(x, y - tall, x + 0.03, y + 0.02, darker(color, 0.12))


def house(sketch: Sketch, rng: Rng, x: float, y: float, wide: float, tall: float) -> None:
    wall = choose(rng, BRICKS)
    sketch.rectangle(x, y - tall, x + wide, y, wall)
    if chance(rng, 0.5):
        roof = choose(rng, ROOFS)
        sketch.polygon(
            [(x - 0.02, y - tall), (x + wide / 2, y - tall - 0.13), (x + wide + 0.02, y - tall)], roof
        )
    pane = pick(rng, PANES)
    for cx in np.arange(x + 0.04, x + wide - 0.05, 0.11):
        for cy in np.arange(y - tall + 0.04, y - 0.08, 0.13):
            sketch.rectangle(cx, cy, cx + 0.05, cy + 0.07, pane)


def picture(sketch: Sketch, rng: Rng) -> None:
    """A framed picture or a window on the wall."""
    x, top, wide = rng.uniform(0, 0.7), rng.uniform(0.02, 0.2), rng.uniform(0.18, 0.32)
    sketch.rectangle(x, top, x + wide, top + 0.28, choose(rng, WOODS + (WHITE,)))
    inner = choose(rng, PICTURES)
    sketch.rectangle(x + 0.025, top + 0.025, x + wide - 0.025, top + 0.255, inner)


def sofa(sketch: Sketch, rng: Rng, y: float) -> None:
    cloth, x, wide = choose(rng, PAINT), rng.uniform(-0.2, 0.4), rng.uniform(0.4, 0.8)
    top, right = y - rng.uniform(0.15, 0.35), x + wide
    back = [(x, top), (x + wide / 2, top - 0.03), (right, top), (right, y + 0.1), (x, y + 0.1)]
    seat = [
        (x - 0.03, y - 0.08),
        (x + wide / 2, y - 0.1),
        (right + 0.03, y - 0.08),
        (right, y + 0.12),
        (x, y + 0.12),
    ]
    sketch.blob(back, cloth)
    sketch.blob(seat, darker(cloth, 0.15))


def pole(sketch: Sketch, rng: Rng) -> None:
    """A lamp post before everything else."""
    x = rng.uniform(0.05, 0.95)
    color = choose(rng, ((90, 92, 96), (120, 116, 108)))
    sketch.limb([(x, -0.1), (x, 1.1)], [rng.uniform(0.015, 0.03)], color)


def stem(sketch: Sketch, rng: Rng) -> None:
    """A stem or trunk before everything else."""
    x, wide = rng.uniform(0, 1), rng.uniform(0.02, 0.05)
    ends = [(x, -0.1), (x + rng.uniform(-0.2, 0.2), 1.1)]
    sketch.limb(ends, [wide, wide * 0.7], choose(rng, WOODS + GREENS))


def distract(sketch: Sketch, rng: Rng, horizon: float) -> None:
    """Stones, bushes, balls, boxes and posts that belong to no class."""
    for _ in range(int(rng.integers(0, 3))):
        x, y = rng.uniform(0, 1), rng.uniform(min(horizon, 0.7), 1)
        size, color = rng.uniform(0.03, 0.11), choose(rng, PAINT + GREENS + WOODS)
        kind = int(rng.integers(4))
        if kind == 0:
            sketch.ellipse(x, y, size, size * rng.uniform(0.5, 1), color)
            sketch.ellipse(x - size * 0.2, y - size * 0.2, size * 0.5, size * 0.35, lighter(color, 0.15))
        elif kind == 1:
            sketch.rectangle(x - size, y - size, x + size, y + size, color)
        elif kind == 2:
            sketch.rectangle(x, y - size * 4, x + size * 0.3, y, color)
        else:
            sketch.blob(
                [
                    (x - size * 1.5, y),
                    (x - size, y - size),
                    (x, y - size * 1.4),
                    (x + size, y - size),
                    (x + size * 1.5, y),
                ],
                color,
            )
