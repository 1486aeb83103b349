"""Scenes: sky, ground, water, road or room, with what stands around in them, and their light."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from course_utils.cartoons.canvas import Canvas, noise
from course_utils.cartoons.colors import (
    PAINT,
    WHITE,
    Color,
    chance,
    choose,
    darker,
    jitter,
    lighter,
    mix,
    pick,
)
from course_utils.cartoons.props import (
    GREENS,
    WOODS,
    distract,
    fence,
    hills,
    house,
    picture,
    pole,
    sofa,
    stem,
    trees,
    tufts,
)
from course_utils.cartoons.sketch import Sketch

Rng = np.random.Generator


class Scene(NamedTuple):
    """A painted background.

    Attributes:
        image: RGB, square.
        horizon: where the ground or the water begins, as a fraction of the height; 0 if it fills
            the picture, 1 if there is none.
        light: direction the light comes from, ``(x, y)`` with y < 0 (from above).
        front: what stands before the object, painted over it.
    """

    image: Image.Image
    horizon: float
    light: tuple[float, float]
    front: Sketch


Skies = tuple[tuple[Color, Color], ...]  # upper and lower colour of each
DAY: Skies = (
    ((82, 140, 208), (188, 214, 236)), ((120, 168, 216), (214, 226, 234)),
    ((150, 164, 180), (206, 210, 212)), ((52, 94, 160), (150, 190, 226)),
)  # fmt: skip
DUSK: Skies = (
    ((74, 82, 140), (240, 168, 120)),
    ((120, 96, 140), (250, 196, 140)),
    ((24, 34, 72), (92, 98, 140)),
)
AUTUMN = ((176, 132, 62), (170, 176, 150), (120, 110, 100))
SOILS = ((112, 88, 58), (92, 104, 56), (126, 104, 76), (78, 84, 52))
SANDS = ((168, 142, 104), (142, 116, 86), (150, 144, 128), (126, 130, 84))
SNOWS = ((232, 236, 242), (206, 216, 232), (222, 206, 170), (214, 190, 146))
SEAS = ((44, 94, 132), (62, 118, 128), (36, 66, 98), (96, 122, 134), (70, 104, 110))
PONDS = ((64, 92, 84), (86, 104, 76), (52, 74, 90), (96, 104, 92))
ROADS = ((104, 104, 108), (84, 86, 92), (136, 132, 126), (160, 154, 146))
WALLS = (
    (206, 192, 168), (170, 184, 190), (188, 160, 140), (150, 166, 140), (220, 216, 208),
    (140, 120, 128), (112, 132, 156),
)  # fmt: skip
FLOORS = (
    (150, 108, 72), (178, 142, 104), (120, 96, 84), (170, 166, 160), (128, 64, 60), (96, 104, 124),
)  # fmt: skip
BACKDROPS = (
    (240, 240, 238), (200, 200, 204), (120, 124, 130), (60, 62, 70), (170, 60, 60), (70, 100, 140),
    (120, 140, 90), (214, 190, 150),
)  # fmt: skip
FLOWERS = ((240, 220, 90), (236, 236, 230), (210, 90, 120))


def _sky(canvas: Canvas, rng: Rng, bottom: float) -> Color:
    """Sky with clouds down to ``bottom``; returns the colour at the horizon."""
    upper, lower = pick(rng, DAY if chance(rng, 0.75) else DUSK)
    upper, lower = jitter(rng, upper, 12), jitter(rng, lower, 10)
    canvas.band(0, bottom, upper, lower)
    if chance(rng, 0.65):
        field = noise(rng, canvas.size, 4, int(rng.integers(4, 9)))
        field = field + 0.5 * noise(rng, canvas.size, 12, 16)
        field[int(bottom * canvas.size) :] = -1
        canvas.tint((field - rng.uniform(-0.2, 0.5)) * rng.uniform(0.6, 1.4), lighter(lower, 0.55))
    return lower


# Each scene paints the canvas, may add to what stands in front, and returns the horizon.


def _meadow(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.3, 0.65)
    haze = _sky(canvas, rng, y + 0.02)
    green = choose(rng, GREENS)
    canvas.band(y, 1, lighter(green, 0.12), darker(green, 0.15))
    behind = Sketch()
    if chance(rng, 0.6):
        hills(behind, rng, y, mix(darker(green, 0.2), haze, rng.uniform(0.2, 0.6)))
    if chance(rng, 0.6):
        trees(behind, rng, y, 0.12, 0.34)
    if chance(rng, 0.25):
        fence(behind, rng, y + 0.06, choose(rng, WOODS + (WHITE,)), 0.16)
    flowers = choose(rng, FLOWERS)
    for _ in range(int(rng.integers(0, 10))):
        behind.ellipse(rng.uniform(0, 1), rng.uniform(y + 0.08, 1), 0.012, 0.012, flowers)
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 6, 12), rng.uniform(0.05, 0.2), y)
    canvas.grain(noise(rng, canvas.size, 50, 24), rng.uniform(0.08, 0.22), y)
    if chance(rng, 0.4):
        tufts(front, rng, 1.02, jitter(rng, green, 14), int(rng.integers(4, 14)))
    return y


def _forest(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.4, 0.7)
    green = darker(choose(rng, GREENS), rng.uniform(0, 0.35))
    ground = choose(rng, SOILS)
    canvas.band(0, y, darker(green, 0.25), lighter(green, rng.uniform(0, 0.3)))
    canvas.band(y, 1, ground, darker(ground, 0.2))
    canvas.grain(noise(rng, canvas.size, 9) + 0.6 * noise(rng, canvas.size, 24), 0.3, 0, y)
    trunks = Sketch()
    for _ in range(int(rng.integers(3, 8))):
        x, wide, wood = rng.uniform(0, 1), rng.uniform(0.015, 0.06), darker(choose(rng, WOODS), 0.2)
        foot = y + rng.uniform(0, 0.1)
        trunks.polygon(
            [(x - wide, -0.1), (x + wide, -0.1), (x + wide * 1.3, foot), (x - wide * 1.3, foot)], wood
        )
    tufts(trunks, rng, y + 0.04, green, 10, 0.1)
    canvas.draw(trunks)
    canvas.grain(noise(rng, canvas.size, 20, 14), 0.2, y)
    if chance(rng, 0.4):
        tufts(front, rng, 1.02, green, int(rng.integers(5, 14)), 0.1)
    return y


def _water(canvas: Canvas, rng: Rng, y: float, color: Color, glint: Color) -> None:
    canvas.band(y, 1, mix(color, glint, 0.45), darker(color, 0.1))
    waves = noise(rng, canvas.size, 7, 40) + 0.7 * noise(rng, canvas.size, 16, 64)
    canvas.grain(waves, rng.uniform(0.04, 0.16), y)
    foam = waves - rng.uniform(0.7, 1.2)
    foam[: int(y * canvas.size) + 1] = 0
    canvas.tint(foam, lighter(glint, 0.4))


def _sea(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.3, 0.68)
    haze = _sky(canvas, rng, y + 0.02)
    color = choose(rng, SEAS)
    _water(canvas, rng, y, color, haze)
    if chance(rng, 0.35):
        coast = Sketch()
        hills(coast, rng, y, mix(choose(rng, GREENS + WOODS), haze, 0.4), 0.1)
        canvas.draw(coast)
    return y


def _pond(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.0, 0.45)
    green = choose(rng, GREENS)
    if y > 0.12:
        canvas.band(0, y, darker(green, 0.4), green)
        canvas.grain(noise(rng, canvas.size, 14), 0.35, 0, y)
    y = y if y > 0.12 else 0.0
    color = choose(rng, PONDS)
    _water(canvas, rng, y, color, lighter(color, 0.3))
    plants = Sketch()
    for _ in range(int(rng.integers(0, 6))):
        x, cy, r = rng.uniform(0, 1), rng.uniform(y + 0.1, 1), rng.uniform(0.05, 0.14)
        plants.ellipse(x, cy, r, r * 0.5, jitter(rng, lighter(green, 0.1), 10))
        plants.polygon([(x, cy), (x + r, cy - r * 0.3), (x + r, cy + r * 0.1)], color)
    for x in rng.uniform(0, 1, int(rng.integers(0, 6))):
        plants.limb([(x, y + 0.2), (x + 0.02, y - 0.15)], [0.012, 0.008], darker(green, 0.2))
    canvas.draw(plants)
    if chance(rng, 0.3):
        tufts(front, rng, 1.02, green, int(rng.integers(3, 8)), 0.16)
    return y


def _street(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.35, 0.62)
    _sky(canvas, rng, y + 0.02)
    behind = Sketch()
    if chance(rng, 0.6):
        x = rng.uniform(-0.2, 0.0)
        while x < 1:
            wide = rng.uniform(0.18, 0.4)
            house(behind, rng, x, y + 0.01, wide, rng.uniform(0.15, 0.45))
            x += wide + rng.uniform(0, 0.15)
    if chance(rng, 0.5):
        trees(behind, rng, y + 0.01, 0.15, 0.4)
    road = choose(rng, ROADS, 8)
    canvas.band(y, 1, lighter(road, 0.08), darker(road, 0.12))
    kerb = rng.uniform(0.0, 0.12)
    verge = choose(rng, GREENS + ((150, 146, 140),))
    behind.rectangle(0, y, 1, y + kerb, verge)
    if chance(rng, 0.6):
        line, slope = y + rng.uniform(0.18, 0.32), rng.uniform(-0.05, 0.05)
        for x in np.arange(rng.uniform(-0.2, 0), 1, 0.3):
            behind.polygon(
                [
                    (x, line + slope * x),
                    (x + 0.17, line + slope * x),
                    (x + 0.16, line + 0.02 + slope * x),
                    (x - 0.01, line + 0.02 + slope * x),
                ],
                (220, 214, 190),
            )
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 64), 0.1, y)
    canvas.grain(noise(rng, canvas.size, 4, 10), 0.12, y)
    if chance(rng, 0.06):
        pole(front, rng)
    return y


def _room(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.45, 0.8)
    wall = choose(rng, WALLS)
    floor = choose(rng, FLOORS)
    canvas.band(0, y, lighter(wall, 0.1), darker(wall, 0.1))
    canvas.band(y, 1, darker(floor, 0.1), lighter(floor, 0.08))
    things = Sketch()
    if chance(rng, 0.3):
        for x in np.arange(0, 1, rng.uniform(0.08, 0.16)):
            things.rectangle(x, 0, x + 0.03, y, darker(wall, 0.1))
    if chance(rng, 0.4):
        picture(things, rng)
    things.rectangle(0, y - 0.02, 1, y + 0.01, lighter(wall, 0.4))
    if chance(rng, 0.4):
        sofa(things, rng, y)
    if chance(rng, 0.3):
        rug = choose(rng, PAINT)
        things.ellipse(rng.uniform(0.3, 0.7), (y + 1) / 2, rng.uniform(0.3, 0.5), (1 - y) * 0.35, rug)
    canvas.draw(things)
    if chance(rng, 0.5):
        canvas.grain(noise(rng, canvas.size, 3, 24), 0.12, y)
    return y


def _leaves(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    """Foliage out of focus, filling the picture."""
    green = choose(rng, GREENS + AUTUMN)
    canvas.band(0, 1, lighter(green, rng.uniform(0, 0.45)), darker(green, rng.uniform(0, 0.4)))
    spots = Sketch()
    for _ in range(int(rng.integers(8, 22))):
        r = rng.uniform(0.04, 0.16)
        tone = mix(jitter(rng, green, 22), (236, 240, 200), rng.uniform(0, 0.35))
        spots.ellipse(rng.uniform(0, 1), rng.uniform(0, 1), r, r, tone)
    if chance(rng, 0.5):
        y, tilt = rng.uniform(0, 1), rng.uniform(-0.3, 0.3)
        spots.limb([(-0.1, y), (0.5, y + tilt * 0.4), (1.1, y + tilt)], [0.03, 0.02], choose(rng, WOODS))
    canvas.draw(spots)
    canvas.blur(rng.uniform(0.01, 0.04))
    return 1.0


def _snow(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.35, 0.65)
    haze = _sky(canvas, rng, y + 0.02)
    snow = choose(rng, SNOWS, 8)
    canvas.band(y, 1, snow, darker(snow, 0.14))
    behind = Sketch()
    hills(behind, rng, y, mix(snow, haze, 0.5))
    if chance(rng, 0.6):
        trees(behind, rng, y, 0.15, 0.4)
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 5, 10), 0.06, y)
    canvas.grain(noise(rng, canvas.size, 40, 30), 0.05, y)
    return y


def _yard(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.35, 0.68)
    _sky(canvas, rng, y + 0.02)
    ground = choose(rng, SANDS)
    canvas.band(y, 1, ground, darker(ground, 0.15))
    behind = Sketch()
    if chance(rng, 0.6):
        house(behind, rng, rng.uniform(-0.1, 0.5), y + 0.01, rng.uniform(0.35, 0.6), rng.uniform(0.18, 0.36))
    if chance(rng, 0.4):
        trees(behind, rng, y, 0.15, 0.35)
    if chance(rng, 0.5):
        fence(behind, rng, y + 0.05, choose(rng, WOODS + (WHITE,)), rng.uniform(0.14, 0.26))
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 40, 30), 0.14, y)
    if chance(rng, 0.15):
        fence(front, rng, 1.0, choose(rng, WOODS), rng.uniform(0.12, 0.24))
    return y


def _runway(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.45, 0.72)
    haze = _sky(canvas, rng, y + 0.02)
    behind, green = Sketch(), choose(rng, GREENS)
    hills(behind, rng, y, mix(green, haze, 0.45), 0.08)
    grey = jitter(rng, (138, 138, 138), 16)
    canvas.band(y, 1, lighter(grey, 0.1), darker(grey, 0.1))
    behind.rectangle(0, y, 1, y + 0.06, green)
    if chance(rng, 0.6):
        line = rng.uniform(y + 0.1, 0.98)
        behind.rectangle(0, line, 1, line + 0.02, (226, 214, 150))
    if chance(rng, 0.3):
        house(behind, rng, rng.uniform(0, 0.7), y + 0.01, rng.uniform(0.2, 0.5), rng.uniform(0.08, 0.2))
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 50), 0.06, y)
    return y


def _open_sky(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    _sky(canvas, rng, 1.0)
    return 1.0


def _plain(canvas: Canvas, rng: Rng, front: Sketch) -> float:
    """A plain backdrop, as for a portrait or a catalogue."""
    color = choose(rng, BACKDROPS)
    canvas.band(0, 1, lighter(color, rng.uniform(0, 0.3)), darker(color, rng.uniform(0, 0.3)))
    canvas.grain(noise(rng, canvas.size, 3), rng.uniform(0, 0.12))
    return rng.uniform(0.4, 1.0)


SCENES = {
    "meadow": _meadow,
    "forest": _forest,
    "sea": _sea,
    "pond": _pond,
    "street": _street,
    "room": _room,
    "leaves": _leaves,
    "snow": _snow,
    "yard": _yard,
    "runway": _runway,
    "open sky": _open_sky,
    "plain": _plain,
}


def paint_scene(name: str, rng: Rng, size: int) -> Scene:
    """Paint one of :data:`SCENES` ``size`` pixels square."""
    canvas, front = Canvas(size), Sketch()
    light = (float(rng.uniform(-0.9, 0.9)), -1.0)
    horizon = SCENES[name](canvas, rng, front)
    things = Sketch()
    if chance(rng, 0.5):
        distract(things, rng, horizon)
        canvas.draw(things)
    canvas.grain(noise(rng, size, 2), rng.uniform(0.0, 0.2))
    if chance(rng, 0.5):
        canvas.blur(rng.uniform(0.004, 0.022))
    if chance(rng, 0.06):
        stem(front, rng)
    return Scene(canvas.image(), horizon, light, front)
