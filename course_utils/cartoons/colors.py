"""Colours: mixing, jitter and the palettes that classes share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Color = tuple[float, float, float]
T = TypeVar("T")

BLACK: Color = (24, 22, 24)
WHITE: Color = (244, 242, 238)
GLASS: Color = (92, 118, 138)
RUBBER: Color = (30, 30, 33)
STEEL: Color = (150, 154, 160)

# cats and dogs
FUR: tuple[Color, ...] = (
    (38, 34, 36),
    (74, 50, 36),
    (122, 82, 52),
    (204, 126, 62),
    (226, 196, 150),
    (130, 130, 136),
    (88, 88, 94),
    (238, 234, 226),
    (182, 142, 98),
    (162, 98, 56),
)
# deer and horses
HIDE: tuple[Color, ...] = (
    (146, 92, 52),
    (172, 118, 70),
    (110, 70, 44),
    (78, 52, 38),
    (196, 152, 102),
    (150, 128, 104),
    (128, 74, 44),
    (60, 50, 46),
    (222, 210, 192),
    (186, 130, 80),
)
# cars and trucks
PAINT: tuple[Color, ...] = (
    (236, 236, 234),
    (190, 194, 198),
    (120, 124, 130),
    (44, 46, 50),
    (178, 36, 34),
    (34, 66, 138),
    (28, 96, 72),
    (226, 176, 48),
    (216, 106, 40),
    (94, 142, 190),
    (120, 34, 44),
    (206, 196, 168),
    (66, 84, 98),
)
FEATHERS: tuple[Color, ...] = (
    (54, 52, 58),
    (120, 92, 66),
    (168, 140, 108),
    (238, 236, 232),
    (140, 146, 154),
    (186, 60, 44),
    (52, 100, 168),
    (222, 176, 56),
    (92, 128, 70),
    (206, 120, 60),
    (86, 74, 70),
    (40, 62, 80),
)
FROGS: tuple[Color, ...] = (
    (84, 140, 52),
    (122, 164, 62),
    (64, 104, 56),
    (120, 104, 58),
    (98, 76, 52),
    (150, 132, 84),
    (62, 120, 92),
    (172, 160, 64),
    (176, 72, 44),
    (86, 90, 72),
)


def rgb(color: Color) -> tuple[int, int, int]:
    """The colour as three whole numbers from 0 to 255."""
    red, green, blue = (min(255, max(0, int(round(c)))) for c in color)
    return red, green, blue


def mix(a: Color, b: Color, t: float) -> Color:
    """``a`` at ``t`` = 0, ``b`` at ``t`` = 1."""
    red, green, blue = (x + (y - x) * t for x, y in zip(a, b))
    return red, green, blue


def darker(color: Color, amount: float = 0.3) -> Color:
    return mix(color, (12, 12, 20), amount)


def lighter(color: Color, amount: float = 0.3) -> Color:
    return mix(color, (255, 252, 244), amount)


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    return options[int(rng.integers(len(options)))]


def chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def jitter(rng: np.random.Generator, color: Color, amount: float = 12.0) -> Color:
    """The colour, a little lighter or darker and a little off in hue."""
    common = rng.normal(0, amount)
    return tuple(c + common + d for c, d in zip(color, rng.normal(0, amount / 2, 3)))


def choose(rng: np.random.Generator, palette: Sequence[Color], amount: float = 12.0) -> Color:
    return jitter(rng, pick(rng, palette), amount)
