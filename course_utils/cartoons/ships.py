"""Ships: sailing boats, cargo ships, liners, fishing boats and warships, from many sides."""

from __future__ import annotations

import numpy as np

from course_utils.cartoons.colors import (
    BLACK,
    PAINT,
    STEEL,
    WHITE,
    Color,
    chance,
    choose,
    darker,
    jitter,
    lighter,
    pick,
)
from course_utils.cartoons.solids import Camera, Solid

Rng = np.random.Generator
WOOD, MAST, DECK, WINDOWS = (122, 84, 54), (84, 78, 72), (164, 140, 108), (66, 82, 98)
FOAM = (196, 214, 222)


def _ship(rng: Rng, tilt: float) -> Solid:
    azimuth = rng.uniform(-25, 25)
    if chance(rng, 0.4):
        azimuth = pick(rng, (1, -1)) * rng.uniform(30, 75)
    return Solid(Camera(azimuth, rng.uniform(3, 14)), "water", tilt)


def _hull(ship: Solid, rng: Rng, color: Color, half: float, height: float, bow: float) -> None:
    """A hull from x = -1 to 1, ``height`` above the water and ``bow`` more at its pointed end."""
    side = [
        (1.05, -height - bow, 0),
        (0.6, -height - bow * 0.4, half),
        (-0.85, -height, half),
        (-1.0, -height, half * 0.7),
    ]
    deck = side + [(x, y, -z) for x, y, z in side[:0:-1]]
    keel = [(0.88, 0, 0), (0.5, 0, half * 0.8), (-0.85, 0, half * 0.8), (-0.92, 0, half * 0.4)]
    keel += [(x, y, -z) for x, y, z in keel[:0:-1]]
    ship.convex(deck + keel, color, 165)
    if chance(rng, 0.6):
        band = pick(rng, ((150, 48, 44), darker(color, 0.5), WHITE))
        y = -height * 0.25
        ship.plate(
            [
                (0.9, y, 0),
                (0.55, y, half * 0.85),
                (-0.88, y, half * 0.85),
                (-0.88, 0, half * 0.85),
                (0.55, 0, half * 0.85),
                (0.9, 0, 0),
            ],
            band,
        )
    ship.plate(deck, jitter(rng, DECK, 10), 160)


def _foam(ship: Solid, half: float) -> None:
    ends = ship.camera.project([(-1.0, 0, half), (1.0, 0, half)])
    low, high = ends[:, 0].min() - 0.12, ends[:, 0].max() + 0.12
    ship.ellipse((low + high) / 2, ends[:, 1].max(), (high - low) / 2, 0.06, FOAM, 60)


def _far_to_near(ship: Solid, xs) -> list[float]:
    return sorted(xs, key=lambda x: ship.camera.nearness((x, 0, 0)))


def _mast(ship: Solid, x: float, foot: float, tip: float) -> None:
    ship.plate(
        [(x - 0.025, foot, 0), (x - 0.02, tip, 0), (x + 0.02, tip, 0), (x + 0.025, foot, 0)], MAST, 195
    )


def _house(ship: Solid, x: float, wide: float, top: float, half: float, color: Color) -> None:
    """A deck house with two rows of windows."""
    ship.box(x, x + wide, top, -0.2, half, color, 190)
    for part in (0.22, 0.5):
        y = top + (-0.25 - top) * part
        ship.panel((x + 0.02, y), (x + wide - 0.02, y + 0.05), half, WINDOWS)


def _sailing(rng: Rng) -> Solid:
    ship = _ship(rng, tilt=8)
    _hull(ship, rng, pick(rng, (WHITE, choose(rng, PAINT), WOOD)), 0.26, 0.2, 0.1)
    cloth, belly = pick(rng, (WHITE, (228, 220, 200), choose(rng, PAINT))), rng.uniform(0.05, 0.3)
    masts: tuple[float, ...] = (0.1,)
    back, tall = 0.85, rng.uniform(1.3, 2.0)
    if chance(rng, 0.4):
        masts, back, tall = (-0.4, 0.35), 0.55, rng.uniform(1.1, 1.5)
    for x in _far_to_near(ship, masts):
        tip = -tall if x > 0 else -tall * 0.85
        _mast(ship, x, -0.2, tip)
        ship.plate(
            [
                (x - 0.04, tip * 0.97, 0),
                (x - back * 0.55, tip * 0.5, belly),
                (x - back, -0.36, belly),
                (x - 0.04, -0.34, 0),
            ],
            cloth,
            195,
        )
    x = masts[-1]
    ship.plate(
        [
            (x + 0.05, -tall * 0.92, 0),
            (x + 0.3, -tall * 0.45, belly),
            (0.95, -0.36, 0),
            (x + 0.1, -0.36, belly),
        ],
        pick(rng, (cloth, choose(rng, PAINT))),
        200,
    )
    _foam(ship, 0.2)
    return ship


def _cargo(rng: Rng) -> Solid:
    """A bridge aft, before it stacks of containers or the pipes of a tanker."""
    ship = _ship(rng, tilt=3)
    half, height = rng.uniform(0.2, 0.26), rng.uniform(0.24, 0.36)
    _hull(ship, rng, choose(rng, PAINT), half, height, 0.06)
    tanker = chance(rng, 0.3)
    for x in _far_to_near(ship, (-0.92, *np.arange(-0.5, 0.6, 0.2))):
        if x < -0.9:
            white, top = jitter(rng, (232, 232, 228), 6), -height - rng.uniform(0.4, 0.55)
            _house(ship, x, 0.3, top, half * 0.85, white)
            ship.box(x + 0.02, x + 0.13, top - 0.2, top, half * 0.3, choose(rng, PAINT), 195)
        elif tanker:
            ship.box(x, x + 0.16, -height - 0.07, -height, half * 0.5, STEEL, 175)
        else:
            for level in range(int(rng.integers(1, 4))):
                y = -height - 0.14 * level
                ship.box(x, x + 0.185, y - 0.13, y, half * 0.85, choose(rng, PAINT), 180)
    _foam(ship, half * 0.8)
    return ship


def _liner(rng: Rng) -> Solid:
    """White decks one above the other, and funnels."""
    ship = _ship(rng, tilt=3)
    half, height = rng.uniform(0.2, 0.26), rng.uniform(0.2, 0.28)
    color = pick(rng, (WHITE, (40, 48, 66), choose(rng, PAINT)))
    _hull(ship, rng, color, half, height, 0.1)
    white, top = jitter(rng, (238, 238, 234), 5), -height
    for level in range(int(rng.integers(2, 5))):
        left, right, z = -0.85 + 0.08 * level, 0.6 - 0.12 * level, half * (0.9 - 0.08 * level)
        ship.box(left, right, top - 0.13, top, z, white, 175 + 4 * level)
        ship.panel((left + 0.04, top - 0.09), (right - 0.04, top - 0.04), z, WINDOWS)
        top -= 0.13
    funnel, z = choose(rng, PAINT), half * 0.35
    for x in _far_to_near(ship, pick(rng, ((-0.3,), (-0.45, -0.1)))):
        outline = [(x - 0.04, top - 0.28), (x + 0.1, top - 0.28), (x + 0.14, top), (x, top)]
        ship.extrude(outline, z, funnel, 200)
        ship.panel((x - 0.035, top - 0.28), (x + 0.105, top - 0.2), z, BLACK)
    _foam(ship, half * 0.8)
    return ship


def _fishing_boat(rng: Rng) -> Solid:
    ship = _ship(rng, tilt=6)
    half, height, x = 0.3, rng.uniform(0.28, 0.4), rng.uniform(-0.7, -0.1)
    _hull(ship, rng, choose(rng, PAINT), half, height, 0.22)
    top = -height - rng.uniform(0.3, 0.5)
    _house(ship, x, 0.42, top, half * 0.75, jitter(rng, (232, 230, 224), 8))
    _mast(ship, x + 0.2, -height, -height - 0.95)
    ship.plate(
        [
            (x + 0.2, -height - 0.9, 0),
            (0.95, -height - 0.2, 0),
            (0.95, -height - 0.17, 0),
            (x + 0.2, -height - 0.87, 0),
        ],
        MAST,
        180,
    )
    ship.box(x + 0.02, x + 0.14, top - 0.2, top, half * 0.3, choose(rng, PAINT), 195)
    _foam(ship, half * 0.8)
    return ship


def _warship(rng: Rng) -> Solid:
    ship = _ship(rng, tilt=3)
    half, height, x = 0.17, 0.2, rng.uniform(-0.3, 0.05)
    grey = jitter(rng, (124, 132, 140), 10)
    _hull(ship, rng, grey, half, height, 0.06)
    _house(ship, x, 0.42, -height - rng.uniform(0.3, 0.5), half * 0.75, lighter(grey, 0.15))
    _mast(ship, x + 0.2, -height, -height - 0.95)
    for gun in (-0.6, 0.55):
        ship.box(gun, gun + 0.16, -height - 0.14, -height, half * 0.5, darker(grey, 0.15), 190)
        ship.panel((gun + 0.16, -height - 0.14), (gun + 0.4, -height - 0.1), 0, darker(grey, 0.4))
    _foam(ship, half * 0.8)
    return ship


SHIP_KINDS = (_sailing, _sailing, _cargo, _liner, _fishing_boat, _warship)
