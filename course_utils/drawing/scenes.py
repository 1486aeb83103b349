"""Scenes: sky, ground, water, road or room with what stands around in them, and the light they share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from course_utils.drawing.colors import (
    PAINT, WHITE, Color, chance, choose, darker, jitter, lighter, mix, pick, rgb,
)
from course_utils.drawing.sketch import Sketch

Rng = np.random.Generator
UNIT = np.eye(2)


class Scene(NamedTuple):
    """A painted background.

    Attributes:
        image: RGB, square.
        horizon: where the ground or the water begins, as a fraction of the height; 0 if it fills the
            picture, 1 if there is none.
        light: direction the light comes from, ``(x, y)`` with y < 0 (from above).
        front: what stands before the object, painted over it.
    """

    image: Image.Image
    horizon: float
    light: tuple[float, float]
    front: Sketch


def noise(rng: Rng, size: int, cells_x: int, cells_y: int | None = None) -> np.ndarray:
    """Smooth random field float32 ``[size, size]`` from -1 to 1 with about that many bumps across."""
    coarse = rng.random((cells_y or cells_x, cells_x), dtype=np.float32) * 2 - 1
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


class _Canvas:
    """Paints in fractions of the picture: (0, 0) upper left, (1, 1) lower right."""

    def __init__(self, size: int):
        self.size = size
        self.pixels = np.zeros((size, size, 3), np.float32)

    def band(self, top: float, bottom: float, upper: Color, lower: Color) -> None:
        """A vertical gradient from one height to another."""
        a, b = int(round(max(top, 0) * self.size)), int(round(min(bottom, 1) * self.size))
        t = np.linspace(0, 1, max(b - a, 1), dtype=np.float32)[: b - a, None]
        colors = np.float32(upper) + (np.float32(lower) - np.float32(upper)) * t
        self.pixels[a:b] = colors[:, None, :]

    def grain(self, field: np.ndarray, strength: float, top: float = 0.0,
              bottom: float = 1.0) -> None:
        """Lighten and darken between two heights by a noise field."""
        a, b = int(round(max(top, 0) * self.size)), int(round(min(bottom, 1) * self.size))
        self.pixels[a:b] *= 1 + strength * field[a:b, :, None]

    def tint(self, mask: np.ndarray, color: Color) -> None:
        """Mix in a colour where ``mask`` is above 0."""
        amount = np.clip(mask, 0, 1)[..., None]
        self.pixels += (np.float32(color) - self.pixels) * amount

    def draw(self, sketch: Sketch) -> None:
        if not sketch.shapes:
            return
        image = self.image()
        draw = ImageDraw.Draw(image)
        for points, fill, _, _ in sketch.shapes:
            draw.polygon(np.round(points * self.size, 2).ravel().tolist(), fill=rgb(fill))
        self.pixels = np.asarray(image, dtype=np.float32).copy()

    def image(self) -> Image.Image:
        return Image.fromarray(np.clip(self.pixels, 0, 255).astype(np.uint8))


# ---- pieces

DAY = (((82, 140, 208), (188, 214, 236)), ((120, 168, 216), (214, 226, 234)),
       ((150, 164, 180), (206, 210, 212)), ((52, 94, 160), (150, 190, 226)))
DUSK = (((74, 82, 140), (240, 168, 120)), ((120, 96, 140), (250, 196, 140)),
        ((24, 34, 72), (92, 98, 140)))
GREENS = ((86, 132, 54), (114, 146, 66), (62, 104, 50), (136, 148, 78), (152, 140, 84),
          (96, 120, 74))
WOODS = ((96, 72, 52), (70, 58, 48), (124, 100, 76), (84, 82, 78))


def _sky(canvas: _Canvas, rng: Rng, bottom: float) -> Color:
    """Sky with clouds down to ``bottom``; returns the colour at the horizon."""
    upper, lower = pick(rng, DAY if chance(rng, 0.75) else DUSK)
    upper, lower = jitter(rng, upper, 12), jitter(rng, lower, 10)
    canvas.band(0, bottom, upper, lower)
    if chance(rng, 0.65):
        field = noise(rng, canvas.size, 4,
                      int(rng.integers(4, 9))) + 0.5 * noise(rng, canvas.size, 12, 16)
        field[int(bottom * canvas.size):] = -1
        canvas.tint((field - rng.uniform(-0.2, 0.5)) * rng.uniform(0.6, 1.4), lighter(lower, 0.55))
    return lower


def _hills(sketch: Sketch, rng: Rng, y: float, color: Color, height: float = 0.14) -> None:
    knots = np.linspace(-0.1, 1.1, 6)
    ridge = [(x, y - height * rng.uniform(0.1, 1)) for x in knots]
    sketch.blob([*ridge, (1.4, y + 0.04), (-0.4, y + 0.04)], color)


def _tree(sketch: Sketch, rng: Rng, x: float, y: float, size: float, color: Color) -> None:
    trunk = choose(rng, WOODS)
    sketch.limb([(x, y - size * 0.5), (x, y)], [size * 0.05, size * 0.07], trunk)
    if chance(rng, 0.35):
        for k in range(3):
            top, wide = y - size * (1.05 - 0.25 * k), size * (0.16 + 0.08 * k)
            sketch.polygon([(x, top), (x + wide, top + size * 0.38), (x - wide, top + size * 0.38)],
                           jitter(rng, color, 6))
        return
    for _ in range(4):
        dx, dy = rng.uniform(-0.2, 0.2, 2) * size
        sketch.ellipse(x + dx, y - size * 0.7 + dy, size * 0.26, size * 0.22, jitter(rng, color, 9))


def _trees(sketch: Sketch, rng: Rng, y: float, low: float, high: float) -> None:
    color = darker(choose(rng, GREENS), 0.2)
    for _ in range(int(rng.integers(2, 6))):
        _tree(sketch, rng, rng.uniform(0, 1), y + rng.uniform(0, 0.04), rng.uniform(low, high),
              color)


def _tufts(sketch: Sketch, rng: Rng, y: float, color: Color, count: int,
           size: float = 0.08) -> None:
    for x in rng.uniform(-0.05, 1.05, count):
        for lean in rng.uniform(-0.06, 0.06, 3):
            tall = size * rng.uniform(0.6, 1.5)
            sketch.polygon([(x - 0.012, y), (x + 0.012, y), (x + lean, y - tall)],
                           jitter(rng, color, 12))


def _fence(sketch: Sketch, rng: Rng, y: float, color: Color, tall: float) -> None:
    for rail in (0.35, 0.8):
        sketch.rectangle(0, y - tall * rail, 1, y - tall * rail + 0.02, color)
    for x in np.arange(rng.uniform(0, 0.2), 1, rng.uniform(0.18, 0.3)):
        sketch.rectangle(x, y - tall, x + 0.03, y + 0.02, darker(color, 0.12))


def _house(sketch: Sketch, rng: Rng, x: float, y: float, wide: float, tall: float) -> None:
    wall = choose(rng,
                  ((188, 168, 146), (160, 96, 76), (206, 200, 190), (140, 148, 156),
                   (196, 176, 120)))
    sketch.rectangle(x, y - tall, x + wide, y, wall)
    if chance(rng, 0.5):
        roof = choose(rng, ((132, 64, 52), (90, 86, 88), (110, 84, 66)))
        sketch.polygon([(x - 0.02, y - tall), (x + wide / 2, y - tall - 0.13),
                        (x + wide + 0.02, y - tall)], roof)
    pane = pick(rng, ((70, 82, 96), (236, 216, 150), (120, 144, 160)))
    for cx in np.arange(x + 0.04, x + wide - 0.05, 0.11):
        for cy in np.arange(y - tall + 0.04, y - 0.08, 0.13):
            sketch.rectangle(cx, cy, cx + 0.05, cy + 0.07, pane)


# ---- scenes: each paints the canvas and returns the horizon


def _meadow(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.3, 0.65)
    haze = _sky(canvas, rng, y + 0.02)
    green = choose(rng, GREENS)
    canvas.band(y, 1, lighter(green, 0.12), darker(green, 0.15))
    behind = Sketch()
    if chance(rng, 0.6):
        _hills(behind, rng, y, mix(darker(green, 0.2), haze, rng.uniform(0.2, 0.6)))
    if chance(rng, 0.6):
        _trees(behind, rng, y, 0.12, 0.34)
    if chance(rng, 0.25):
        _fence(behind, rng, y + 0.06, choose(rng, WOODS + (WHITE,)), 0.16)
    flowers = choose(rng, ((240, 220, 90), (236, 236, 230), (210, 90, 120)))
    for _ in range(int(rng.integers(0, 10))):
        behind.ellipse(rng.uniform(0, 1), rng.uniform(y + 0.08, 1), 0.012, 0.012, flowers)
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 6, 12), rng.uniform(0.05, 0.2), y)
    canvas.grain(noise(rng, canvas.size, 50, 24), rng.uniform(0.08, 0.22), y)
    if chance(rng, 0.4):
        _tufts(front, rng, 1.02, jitter(rng, green, 14), int(rng.integers(4, 14)))
    return y


def _forest(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.4, 0.7)
    green = darker(choose(rng, GREENS), rng.uniform(0, 0.35))
    ground = choose(rng, ((112, 88, 58), (92, 104, 56), (126, 104, 76), (78, 84, 52)))
    canvas.band(0, y, darker(green, 0.25), lighter(green, rng.uniform(0, 0.3)))
    canvas.band(y, 1, ground, darker(ground, 0.2))
    canvas.grain(noise(rng, canvas.size, 9) + 0.6 * noise(rng, canvas.size, 24), 0.3, 0, y)
    trunks = Sketch()
    for _ in range(int(rng.integers(3, 8))):
        x, wide, wood = rng.uniform(0, 1), rng.uniform(0.015, 0.06), darker(choose(rng, WOODS), 0.2)
        foot = y + rng.uniform(0, 0.1)
        trunks.polygon([(x - wide, -0.1), (x + wide, -0.1), (x + wide * 1.3, foot),
                        (x - wide * 1.3, foot)], wood)
    _tufts(trunks, rng, y + 0.04, green, 10, 0.1)
    canvas.draw(trunks)
    canvas.grain(noise(rng, canvas.size, 20, 14), 0.2, y)
    if chance(rng, 0.4):
        _tufts(front, rng, 1.02, green, int(rng.integers(5, 14)), 0.1)
    return y


def _water(canvas: _Canvas, rng: Rng, y: float, color: Color, glint: Color) -> None:
    canvas.band(y, 1, mix(color, glint, 0.45), darker(color, 0.1))
    waves = noise(rng, canvas.size, 7, 40) + 0.7 * noise(rng, canvas.size, 16, 64)
    canvas.grain(waves, rng.uniform(0.04, 0.16), y)
    foam = waves - rng.uniform(0.7, 1.2)
    foam[: int(y * canvas.size) + 1] = 0
    canvas.tint(foam, lighter(glint, 0.4))


def _sea(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.3, 0.68)
    haze = _sky(canvas, rng, y + 0.02)
    color = choose(rng,
                   ((44, 94, 132), (62, 118, 128), (36, 66, 98), (96, 122, 134), (70, 104, 110)))
    _water(canvas, rng, y, color, haze)
    if chance(rng, 0.35):
        coast = Sketch()
        _hills(coast, rng, y, mix(choose(rng, GREENS + WOODS), haze, 0.4), 0.1)
        canvas.draw(coast)
    return y


def _pond(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.0, 0.45)
    green = choose(rng, GREENS)
    if y > 0.12:
        canvas.band(0, y, darker(green, 0.4), green)
        canvas.grain(noise(rng, canvas.size, 14), 0.35, 0, y)
    y = y if y > 0.12 else 0.0
    color = choose(rng, ((64, 92, 84), (86, 104, 76), (52, 74, 90), (96, 104, 92)))
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
        _tufts(front, rng, 1.02, green, int(rng.integers(3, 8)), 0.16)
    return y


def _street(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.35, 0.62)
    _sky(canvas, rng, y + 0.02)
    behind = Sketch()
    if chance(rng, 0.6):
        x = rng.uniform(-0.2, 0.0)
        while x < 1:
            wide = rng.uniform(0.18, 0.4)
            _house(behind, rng, x, y + 0.01, wide, rng.uniform(0.15, 0.45))
            x += wide + rng.uniform(0, 0.15)
    if chance(rng, 0.5):
        _trees(behind, rng, y + 0.01, 0.15, 0.4)
    road = jitter(rng, pick(rng, ((104, 104, 108), (84, 86, 92), (136, 132, 126), (160, 154, 146))),
                  8)
    canvas.band(y, 1, lighter(road, 0.08), darker(road, 0.12))
    kerb = rng.uniform(0.0, 0.12)
    verge = choose(rng, GREENS + ((150, 146, 140),))
    behind.rectangle(0, y, 1, y + kerb, verge)
    if chance(rng, 0.6):
        line, slope = y + rng.uniform(0.18, 0.32), rng.uniform(-0.05, 0.05)
        for x in np.arange(rng.uniform(-0.2, 0), 1, 0.3):
            behind.polygon([(x, line + slope * x), (x + 0.17, line + slope * x),
                            (x + 0.16, line + 0.02 + slope * x),
                            (x - 0.01, line + 0.02 + slope * x)], (220, 214, 190))
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 64), 0.1, y)
    canvas.grain(noise(rng, canvas.size, 4, 10), 0.12, y)
    if chance(rng, 0.06):
        x = rng.uniform(0.05, 0.95)
        front.limb([(x, -0.1), (x, 1.1)], [rng.uniform(0.015, 0.03)],
                   choose(rng, ((90, 92, 96), (120, 116, 108))))
    return y


def _room(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.45, 0.8)
    wall = choose(rng,
                  ((206, 192, 168), (170, 184, 190), (188, 160, 140), (150, 166, 140),
                   (220, 216, 208), (140, 120, 128), (112, 132, 156)))
    floor = choose(rng,
                   ((150, 108, 72), (178, 142, 104), (120, 96, 84), (170, 166, 160), (128, 64, 60),
                    (96, 104, 124)))
    canvas.band(0, y, lighter(wall, 0.1), darker(wall, 0.1))
    canvas.band(y, 1, darker(floor, 0.1), lighter(floor, 0.08))
    things = Sketch()
    if chance(rng, 0.3):
        for x in np.arange(0, 1, rng.uniform(0.08, 0.16)):
            things.rectangle(x, 0, x + 0.03, y, darker(wall, 0.1))
    if chance(rng, 0.4):
        x, top, wide = rng.uniform(0, 0.7), rng.uniform(0.02, 0.2), rng.uniform(0.18, 0.32)
        things.rectangle(x, top, x + wide, top + 0.28, choose(rng, WOODS + (WHITE,)))
        inner = choose(rng, ((168, 206, 232), (120, 140, 100), (200, 160, 110), (240, 240, 220)))
        things.rectangle(x + 0.025, top + 0.025, x + wide - 0.025, top + 0.255, inner)
    things.rectangle(0, y - 0.02, 1, y + 0.01, lighter(wall, 0.4))
    if chance(rng, 0.4):
        cloth, x, wide = choose(rng, PAINT), rng.uniform(-0.2, 0.4), rng.uniform(0.4, 0.8)
        top = y - rng.uniform(0.15, 0.35)
        things.blob([(x, top), (x + wide / 2, top - 0.03), (x + wide, top), (x + wide, y + 0.1),
                     (x, y + 0.1)], cloth)
        things.blob([(x - 0.03, y - 0.08), (x + wide / 2, y - 0.1), (x + wide + 0.03, y - 0.08),
                     (x + wide, y + 0.12), (x, y + 0.12)], darker(cloth, 0.15))
    if chance(rng, 0.3):
        rug = choose(rng, PAINT)
        things.ellipse(rng.uniform(0.3, 0.7), (y + 1) / 2, rng.uniform(0.3, 0.5), (1 - y) * 0.35,
                       rug)
    canvas.draw(things)
    if chance(rng, 0.5):
        canvas.grain(noise(rng, canvas.size, 3, 24), 0.12, y)
    return y


def _leaves(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    """Foliage out of focus, filling the picture."""
    green = choose(rng, GREENS + ((176, 132, 62), (170, 176, 150), (120, 110, 100)))
    canvas.band(0, 1, lighter(green, rng.uniform(0, 0.45)), darker(green, rng.uniform(0, 0.4)))
    spots = Sketch()
    for _ in range(int(rng.integers(8, 22))):
        r = rng.uniform(0.04, 0.16)
        tone = mix(jitter(rng, green, 22), (236, 240, 200), rng.uniform(0, 0.35))
        spots.ellipse(rng.uniform(0, 1), rng.uniform(0, 1), r, r, tone)
    if chance(rng, 0.5):
        y, tilt = rng.uniform(0, 1), rng.uniform(-0.3, 0.3)
        spots.limb([(-0.1, y), (0.5, y + tilt * 0.4), (1.1, y + tilt)], [0.03, 0.02],
                   choose(rng, WOODS))
    canvas.draw(spots)
    image = canvas.image().filter(ImageFilter.GaussianBlur(canvas.size * rng.uniform(0.01, 0.035)))
    canvas.pixels = np.asarray(image, dtype=np.float32).copy()
    return 1.0


def _snow(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.35, 0.65)
    haze = _sky(canvas, rng, y + 0.02)
    snow = jitter(rng,
                  pick(rng, ((232, 236, 242), (206, 216, 232), (222, 206, 170), (214, 190, 146))),
                  8)
    canvas.band(y, 1, snow, darker(snow, 0.14))
    behind = Sketch()
    _hills(behind, rng, y, mix(snow, haze, 0.5))
    if chance(rng, 0.6):
        _trees(behind, rng, y, 0.15, 0.4)
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 5, 10), 0.06, y)
    canvas.grain(noise(rng, canvas.size, 40, 30), 0.05, y)
    return y


def _yard(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.35, 0.68)
    _sky(canvas, rng, y + 0.02)
    ground = choose(rng, ((168, 142, 104), (142, 116, 86), (150, 144, 128), (126, 130, 84)))
    canvas.band(y, 1, ground, darker(ground, 0.15))
    behind = Sketch()
    if chance(rng, 0.6):
        _house(behind, rng, rng.uniform(-0.1, 0.5), y + 0.01, rng.uniform(0.35, 0.6),
               rng.uniform(0.18, 0.36))
    if chance(rng, 0.4):
        _trees(behind, rng, y, 0.15, 0.35)
    if chance(rng, 0.5):
        _fence(behind, rng, y + 0.05, choose(rng, WOODS + (WHITE,)), rng.uniform(0.14, 0.26))
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 40, 30), 0.14, y)
    if chance(rng, 0.15):
        _fence(front, rng, 1.0, choose(rng, WOODS), rng.uniform(0.12, 0.24))
    return y


def _runway(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    y = rng.uniform(0.45, 0.72)
    haze = _sky(canvas, rng, y + 0.02)
    behind, green = Sketch(), choose(rng, GREENS)
    _hills(behind, rng, y, mix(green, haze, 0.45), 0.08)
    grey = jitter(rng, (138, 138, 138), 16)
    canvas.band(y, 1, lighter(grey, 0.1), darker(grey, 0.1))
    behind.rectangle(0, y, 1, y + 0.06, green)
    if chance(rng, 0.6):
        line = rng.uniform(y + 0.1, 0.98)
        behind.rectangle(0, line, 1, line + 0.02, (226, 214, 150))
    if chance(rng, 0.3):
        _house(behind, rng, rng.uniform(0, 0.7), y + 0.01, rng.uniform(0.2, 0.5),
               rng.uniform(0.08, 0.2))
    canvas.draw(behind)
    canvas.grain(noise(rng, canvas.size, 50), 0.06, y)
    return y


def _open_sky(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    _sky(canvas, rng, 1.0)
    return 1.0


def _plain(canvas: _Canvas, rng: Rng, front: Sketch) -> float:
    """A plain backdrop, as for a portrait or a catalogue."""
    tones = ((240, 240, 238), (200, 200, 204), (120, 124, 130), (60, 62, 70), (170, 60, 60),
             (70, 100, 140), (120, 140, 90), (214, 190, 150))
    color = choose(rng, tones)
    canvas.band(0, 1, lighter(color, rng.uniform(0, 0.3)), darker(color, rng.uniform(0, 0.3)))
    canvas.grain(noise(rng, canvas.size, 3), rng.uniform(0, 0.12))
    return rng.uniform(0.4, 1.0)


SCENES = {"meadow": _meadow, "forest": _forest, "sea": _sea, "pond": _pond, "street": _street,
          "room": _room, "leaves": _leaves, "snow": _snow, "yard": _yard, "runway": _runway,
          "open sky": _open_sky, "plain": _plain,}


def _distract(sketch: Sketch, rng: Rng, horizon: float) -> None:
    """Stones, bushes, balls, boxes and posts that belong to no class."""
    for _ in range(int(rng.integers(0, 3))):
        x, y = rng.uniform(0, 1), rng.uniform(min(horizon, 0.7), 1)
        size, color = rng.uniform(0.03, 0.11), choose(rng, PAINT + GREENS + WOODS)
        kind = int(rng.integers(4))
        if kind == 0:
            sketch.ellipse(x, y, size, size * rng.uniform(0.5, 1), color)
            sketch.ellipse(x - size * 0.2, y - size * 0.2, size * 0.5, size * 0.35,
                           lighter(color, 0.15))
        elif kind == 1:
            sketch.rectangle(x - size, y - size, x + size, y + size, color)
        elif kind == 2:
            sketch.rectangle(x, y - size * 4, x + size * 0.3, y, color)
        else:
            sketch.blob([(x - size * 1.5, y), (x - size, y - size), (x, y - size * 1.4),
                         (x + size, y - size), (x + size * 1.5, y)], color)


def paint_scene(name: str, rng: Rng, size: int) -> Scene:
    """Paint one of :data:`SCENES` ``size`` pixels square."""
    canvas, front = _Canvas(size), Sketch()
    light = (float(rng.uniform(-0.9, 0.9)), -1.0)
    horizon = SCENES[name](canvas, rng, front)
    things = Sketch()
    if chance(rng, 0.5):
        _distract(things, rng, horizon)
        canvas.draw(things)
    canvas.grain(noise(rng, size, 2), rng.uniform(0.0, 0.2))
    image = canvas.image()
    if chance(rng, 0.5):
        image = image.filter(ImageFilter.GaussianBlur(size * rng.uniform(0.004, 0.02)))
    if chance(rng, 0.06):
        x, wide = rng.uniform(0, 1), rng.uniform(0.02, 0.05)
        front.limb([(x, -0.1), (x + rng.uniform(-0.2, 0.2), 1.1)], [wide, wide * 0.7],
                   choose(rng, WOODS + GREENS))
    return Scene(image, horizon, light, front)
