"""Ships: sailing boats, cargo ships, liners, fishing boats and warships, as solids from many sides."""

from __future__ import annotations

import numpy as np

from course_utils.drawing.colors import BLACK, PAINT, STEEL, WHITE, Color, chance, choose, darker, jitter, lighter, pick
from course_utils.drawing.sketch import Sketch
from course_utils.drawing.solids import Camera, box, extrude, hull, panel, plate

Rng = np.random.Generator


def _hull(sketch: Sketch, camera: Camera, rng: Rng, color: Color, half: float, height: float,
          bow: float) -> None:
    """A hull from x = -1 to 1 with a pointed bow; the deck is drawn where the camera looks down on it."""
    deck = [(1.05, -height - bow, 0), (0.6, -height - bow * 0.4, half), (-0.85, -height, half),
            (-1.0, -height, half * 0.7), (-1.0, -height, -half * 0.7), (-0.85, -height, -half),
            (0.6, -height - bow * 0.4, -half)]
    keel = [(0.88, 0, 0), (0.5, 0, half * 0.8), (-0.85, 0, half * 0.8), (-0.92, 0, half * 0.4),
            (-0.92, 0, -half * 0.4), (-0.85, 0, -half * 0.8), (0.5, 0, -half * 0.8)]
    sketch.polygon(hull(camera.project(deck + keel)), color, 165)
    if chance(rng, 0.6):
        band = pick(rng, ((150, 48, 44), darker(color, 0.5), WHITE))
        low = [(0.9, -height * 0.25, 0), (0.55, -height * 0.25, half * 0.85),
               (-0.88, -height * 0.25, half * 0.85)]
        plate(sketch, camera, [*low, *((x, 0, z) for x, _, z in low[::-1])], band)
    plate(sketch, camera, deck, jitter(rng, (164, 140, 108), 10), 160)


def _foam(sketch: Sketch, camera: Camera, half: float) -> None:
    left, right = camera.project([(-1.0, 0, half), (1.0, 0, half)])
    low, high = min(left[0], right[0]) - 0.12, max(left[0], right[0]) + 0.12
    sketch.ellipse((low + high) / 2, max(left[1], right[1]), (high - low) / 2, 0.06,
                   (196, 214, 222), 60)


def _ship_camera(rng: Rng) -> Camera:
    azimuth = rng.uniform(-25, 25) if chance(rng, 0.6) else pick(rng, (1, -1)) * rng.uniform(30, 75)
    return Camera(azimuth, rng.uniform(3, 14))


def _ordered(camera: Camera, xs):
    """Positions along the ship from far to near."""
    return sorted(xs, key=lambda x: camera.nearness((x, 0, 0)))


def _sailing(rng: Rng) -> Sketch:
    camera, sketch = _ship_camera(rng), Sketch("water", 8, 0.3)
    color = pick(rng, (WHITE, choose(rng, PAINT), (122, 84, 54)))
    _hull(sketch, camera, rng, color, 0.26, 0.2, 0.1)
    sails = pick(rng, (WHITE, (228, 220, 200), choose(rng, PAINT)))
    masts = (0.1,) if chance(rng, 0.6) else (-0.4, 0.35)
    tall = rng.uniform(1.3, 2.0) if len(masts) == 1 else rng.uniform(1.1, 1.5)
    belly = rng.uniform(0.05, 0.3)
    for x in _ordered(camera, masts):
        high = tall * (1 if x > 0 else 0.85)
        plate(sketch, camera, [(x - 0.025, -0.2, 0), (x - 0.02, -high, 0), (x + 0.02, -high, 0),
                               (x + 0.025, -0.2, 0)], (92, 76, 62), 170)
        back = 0.85 if len(masts) == 1 else 0.55
        plate(sketch, camera, [(x - 0.04, -high * 0.97, 0), (x - back * 0.55, -high * 0.5, belly),
                               (x - back, -0.36, belly), (x - 0.04, -0.34, 0)], sails, 195)
    jib = pick(rng, (sails, choose(rng, PAINT)))
    x = masts[-1]
    plate(sketch, camera, [(x + 0.05, -tall * 0.92, 0), (x + 0.3, -tall * 0.45, belly),
                           (0.95, -0.36, 0), (x + 0.1, -0.36, belly)], jib, 200)
    _foam(sketch, camera, 0.2)
    return sketch


def _bridge(sketch, camera, x, wide, top, half, color, depth=190) -> None:
    """A white house with a row of windows."""
    box(sketch, camera, x, x + wide, top, -0.2, half, color, depth)
    for k in (0.22, 0.5):
        y = top + (-0.25 - top) * k
        panel(sketch, camera, (x + 0.02, y), (x + wide - 0.02, y + 0.05), half, (62, 78, 92), depth)


def _cargo(rng: Rng) -> Sketch:
    camera, sketch = _ship_camera(rng), Sketch("water", 3, 0.3)
    half, height = rng.uniform(0.2, 0.26), rng.uniform(0.24, 0.36)
    _hull(sketch, camera, rng, choose(rng, PAINT), half, height, 0.06)
    tanker = chance(rng, 0.3)
    white = jitter(rng, (232, 232, 228), 6)
    for x in _ordered(camera, np.arange(-0.92, 0.7, 0.2).tolist()):
        if x < -0.7:
            _bridge(sketch, camera, x, 0.24, -height - rng.uniform(0.4, 0.55), half * 0.85, white)
            box(sketch, camera, x + 0.02, x + 0.12, -height - 0.66, -height - 0.4, half * 0.3,
                choose(rng, PAINT), 195)
        elif tanker:
            box(sketch, camera, x, x + 0.16, -height - 0.07, -height, half * 0.5, STEEL, 175)
        elif x > -0.6:
            for level in range(int(rng.integers(1, 4))):
                y = -height - 0.14 * level
                box(sketch, camera, x, x + 0.185, y - 0.13, y, half * 0.85, choose(rng, PAINT), 180)
    _foam(sketch, camera, half * 0.8)
    return sketch


def _liner(rng: Rng) -> Sketch:
    camera, sketch = _ship_camera(rng), Sketch("water", 3, 0.3)
    half, height = rng.uniform(0.2, 0.26), rng.uniform(0.2, 0.28)
    _hull(sketch, camera, rng, pick(rng, (WHITE, (40, 48, 66), choose(rng, PAINT))), half, height,
          0.1)
    decks, step = int(rng.integers(2, 5)), 0.13
    white = jitter(rng, (238, 238, 234), 5)
    for level in range(decks):
        y = -height - step * level
        left, right = -0.85 + 0.08 * level, 0.6 - 0.12 * level
        box(sketch, camera, left, right, y - step, y, half * (0.9 - 0.08 * level), white,
            175 + 4 * level)
        z = half * (0.9 - 0.08 * level)
        panel(sketch, camera, (left + 0.04, y - step * 0.7), (right - 0.04, y - step * 0.3), z,
              (70, 88, 106))
    funnel, top = choose(rng, PAINT), -height - step * decks
    for x in _ordered(camera, (-0.45, -0.1)[: int(rng.integers(1, 3))]):
        extrude(sketch, camera, [(x - 0.04, top - 0.28), (x + 0.1, top - 0.28), (x + 0.14, top),
                                 (x, top)], half * 0.35, funnel, 200)
        plate(sketch, camera, [(x - 0.04, top - 0.28, half * 0.35),
                               (x + 0.1, top - 0.28, half * 0.35),
                               (x + 0.11, top - 0.2, half * 0.35),
                               (x - 0.03, top - 0.2, half * 0.35)], BLACK)
    _foam(sketch, camera, half * 0.8)
    return sketch


def _boat(rng: Rng) -> Sketch:
    """A fishing boat, a tug or a grey warship: one house, a mast."""
    camera, sketch = _ship_camera(rng), Sketch("water", 6, 0.3)
    war = chance(rng, 0.35)
    half, height = (0.16, 0.2) if war else (0.3, rng.uniform(0.28, 0.4))
    color = jitter(rng, (124, 132, 140), 8) if war else choose(rng, PAINT)
    _hull(sketch, camera, rng, color, half, height, 0.06 if war else 0.22)
    house = lighter(color, 0.15) if war else jitter(rng, (232, 230, 224), 8)
    x = rng.uniform(-0.3, 0.05) if war else rng.uniform(-0.7, -0.1)
    _bridge(sketch, camera, x, 0.42, -height - rng.uniform(0.3, 0.5), half * 0.75, house)
    mast = x + 0.2
    plate(sketch, camera, [(mast - 0.025, -height, 0), (mast - 0.02, -height - 0.95, 0),
                           (mast + 0.02, -height - 0.95, 0), (mast + 0.025, -height, 0)],
          (80, 78, 76), 195)
    if war:
        for gun in (-0.6, 0.5):
            box(sketch, camera, gun, gun + 0.16, -height - 0.14, -height, half * 0.5,
                darker(color, 0.15), 190)
            plate(sketch, camera, [(gun + 0.16, -height - 0.12, 0), (gun + 0.4, -height - 0.16, 0),
                                   (gun + 0.4, -height - 0.13, 0), (gun + 0.16, -height - 0.08, 0)],
                  darker(color, 0.4))
    else:
        plate(sketch, camera, [(mast, -height - 0.9, 0), (0.95, -height - 0.2, 0),
                               (0.95, -height - 0.17, 0), (mast, -height - 0.87, 0)], (80, 78, 76),
              180)
        box(sketch, camera, x + 0.02, x + 0.14, -height - 0.7, -height - 0.4, half * 0.3,
            choose(rng, PAINT), 195)
    _foam(sketch, camera, half * 0.8)
    return sketch


SHIP_KINDS = (_sailing, _cargo, _liner, _boat)
