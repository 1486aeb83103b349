"""Automobiles and trucks: solids on wheels in shared colours, seen from the side, the front, behind and between."""

from __future__ import annotations

from functools import partial

import numpy as np

from course_utils.drawing.colors import (
    BLACK, GLASS, PAINT, RUBBER, STEEL, WHITE, Color, chance, choose, darker, jitter, lighter, pick,
)
from course_utils.drawing.sketch import Sketch
from course_utils.drawing.solids import Camera, box, disc, extrude, panel, plate, slab, tube

Rng = np.random.Generator
LAMP, TAIL_LAMP = (250, 244, 206), (176, 28, 30)


def _camera(rng: Rng, view: str) -> Camera:
    ranges = {"side": (-14, 14), "front": (70, 90), "rear": (-90, -70), "front quarter": (22, 58),
              "rear quarter": (-58, -22)}
    return Camera(rng.uniform(*ranges[view]), rng.uniform(2, 9 if view in ("front", "rear")
                                                          else 18))


def _glass(rng: Rng) -> Color:
    return pick(rng, (GLASS, (52, 62, 72), (150, 176, 192), (34, 38, 44)))


def _tyre(sketch: Sketch, camera: Camera, x: float, z: float, radius: float, depth: int) -> None:
    """A wheel whose outer face lies at ``z``."""
    width = 0.15 if z > 0 else -0.15
    angles = np.arange(14) * np.pi / 7
    face = np.column_stack([np.cos(angles) * radius + x, np.sin(angles) * radius - radius,
                            np.full(14, z)])
    slab(sketch, camera, face, (0, 0, -width), RUBBER, depth)


def _wheels(sketch: Sketch, camera: Camera, xs, z: float, radius: float, hub: Color,
            depth: int) -> None:
    for x in xs:
        _tyre(sketch, camera, x, z, radius, depth)
        disc(sketch, camera, (x, -radius, z), radius * 0.55, hub)
        disc(sketch, camera, (x, -radius, z), radius * 0.18, darker(hub, 0.5))


def _end_details(sketch: Sketch, camera: Camera, x: float, half: float, y0: float, y1: float,
                 front: bool, rng: Rng) -> None:
    """Lamps, grille or number plate on the end at ``x`` between heights ``y0`` (upper) and ``y1``."""
    if not camera.sees((1 if front else -1, 0, 0)):
        return
    h = y1 - y0
    lamp = (LAMP if front else TAIL_LAMP)
    for side in (-1, 1):
        outer, inner = side * half * 0.95, side * half * 0.58
        plate(sketch, camera, [(x, y0 + 0.12 * h, outer), (x, y0 + 0.12 * h, inner),
                               (x, y0 + 0.5 * h, inner), (x, y0 + 0.5 * h, outer)], lamp)
    if front:
        plate(sketch, camera, [(x, y0 + 0.2 * h, -half * 0.5), (x, y0 + 0.2 * h, half * 0.5),
                               (x, y0 + 0.55 * h, half * 0.45), (x, y0 + 0.55 * h, -half * 0.45)],
              pick(rng, ((40, 42, 46), (96, 100, 106))))
    number = [(x, y0 + 0.66 * h, -0.13), (x, y0 + 0.66 * h, 0.13), (x, y0 + 0.86 * h, 0.13),
              (x, y0 + 0.86 * h, -0.13)]
    plate(sketch, camera, number, WHITE)


# body: lower outline; cabin: (rear bottom, rear top, front top, front bottom) x; roof and belt heights; wheels
CARS = {"sedan": dict(cabin=(-0.82, -0.5, 0.1, 0.48), roof=0.74, belt=0.46, nose=0.36, tail=0.46,
                      ground=0.15), "hatchback": dict(cabin=(-0.97, -0.8, 0.12, 0.52), roof=0.8,
                                                      belt=0.46, nose=0.38, tail=0.46, ground=0.15),
        "estate": dict(cabin=(-0.98, -0.9, 0.1, 0.46), roof=0.76, belt=0.46, nose=0.38, tail=0.46,
                       ground=0.15), "suv": dict(cabin=(-0.98, -0.88, 0.12, 0.42), roof=0.95,
                                                 belt=0.56, nose=0.5, tail=0.56, ground=0.22),
        "sports": dict(cabin=(-0.75, -0.25, 0.02, 0.42), roof=0.62, belt=0.42, nose=0.28, tail=0.44,
                       ground=0.12), "van": dict(cabin=(-1.0, -0.97, 0.42, 0.74), roof=1.05,
                                                 belt=0.56, nose=0.48, tail=0.56, ground=0.18),
        "beetle": dict(cabin=(-0.85, -0.32, 0.08, 0.4), roof=0.82, belt=0.46, nose=0.3, tail=0.3,
                       ground=0.15),}


def _car(rng: Rng, view: str) -> Sketch:
    camera = _camera(rng, view)
    shape = CARS[pick(rng, tuple(CARS))]
    color = choose(rng, PAINT, 8)
    glass, hub = _glass(rng), pick(rng, (STEEL, (196, 198, 202), (70, 72, 78)))
    sketch = Sketch("ground", 3, 0.3)
    half, radius = rng.uniform(0.36, 0.43), rng.uniform(0.17, 0.21)
    wheels = (-0.62, 0.64)
    _car_body(sketch, camera, rng, shape, color, glass, half, wheels, radius)
    _wheels(sketch, camera, wheels, half, radius, hub, 215)
    return sketch


def _car_body(sketch, camera, rng, shape, color, glass, half, wheels, radius) -> None:
    rear, rear_top, front_top, front = shape["cabin"]
    belt, roof, nose, tail, low = -shape["belt"], -shape["roof"], -shape["nose"], -shape["tail"], -shape["ground"]
    for x in wheels:
        _tyre(sketch, camera, x, -half, radius, 90)
    lower = [(-0.97, tail + 0.02), (-0.85, belt), (front, belt), (0.9, nose), (1.0, nose * 0.75),
             (1.0, low), (-1.0, low), (-1.0, tail * 0.75)]
    extrude(sketch, camera, lower, half, color, 170)
    _end_details(sketch, camera, 1.0, half, nose * 0.8, low, True, rng)
    _end_details(sketch, camera, -1.0, half, tail * 0.8, low, False, rng)
    for x in wheels:
        disc(sketch, camera, (x, -radius - 0.02, half), radius * 1.22, darker(color, 0.7), 170)
    roof_color = color if chance(rng, 0.85) else pick(rng, (BLACK, WHITE))
    cabin = [(rear, belt), (rear_top, roof), (front_top, roof), (front, belt)]
    extrude(sketch, camera, cabin, half * 0.96, roof_color, 190, {0: glass, 2: lighter(glass, 0.1)},
            taper=0.84)
    _side_windows(sketch, camera, shape, glass, half, belt, roof)
    stripe = darker(color, 0.35)
    middle = (front_top + rear_top) / 2
    for x in (middle, front * 0.9):
        panel(sketch, camera, (x, belt), (x + 0.025, low * 1.3), half, stripe, 170)
    panel(sketch, camera, (-0.98, low * 1.15), (0.98, low), half, darker(color, 0.45))


def _side_windows(sketch, camera, shape, glass, half, belt, roof) -> None:
    rear, rear_top, front_top, front = shape["cabin"]
    high, low = roof * 0.9 + belt * 0.1, belt * 0.92 + roof * 0.08
    z_high, z_low = half * 0.86, half * 0.95
    split = (front_top + rear_top) / 2
    for left_low, left_high, right_high, right_low in (
        (rear + 0.09, rear_top + 0.06, split - 0.03, split - 0.03),
        (split + 0.03, split + 0.03, front_top - 0.03, front - 0.09),
    ):
        plate(sketch, camera, [(left_low, low, z_low), (left_high, high, z_high),
                               (right_high, high, z_high), (right_low, low, z_low)], glass, 190)


AUTOMOBILE_KINDS = tuple(partial(_car, view=view)
                         for view in ("side", "front", "front quarter", "rear quarter", "side",
                                      "rear"))


# ---- trucks


def _truck(rng: Rng, load: str, view: str) -> Sketch:
    camera = _camera(rng, view)
    cab_color = choose(rng, PAINT, 8)
    load_color = pick(rng,
                      (cab_color, choose(rng, PAINT, 8), jitter(rng, (226, 226, 224), 8), STEEL))
    sketch = Sketch("ground", 3, 0.3)
    half, radius = rng.uniform(0.34, 0.4), rng.uniform(0.15, 0.18)
    long = rng.uniform(0.7, 1.25)
    bonnet = chance(rng, 0.35)
    axles = (-long * 0.9, -long * 0.9 + 2.2 * radius, 0.62 if not bonnet else 0.75)
    for x in axles:
        _tyre(sketch, camera, x, -half, radius, 90)
    box(sketch, camera, -long, 0.85, -0.32, -0.2, half * 0.9, (48, 48, 52), 150)
    parts = [
        lambda: LOADS[load](sketch, camera, rng, load_color, half, long),
        lambda: _cab(sketch, camera, rng, cab_color, half, bonnet),
    ]
    for part in parts if camera.sees((1, 0, 0)) else parts[::-1]:
        part()
    _wheels(sketch, camera, axles, half, radius, pick(rng, (STEEL, (90, 92, 96), cab_color)), 215)
    return sketch


def _cab(sketch, camera, rng, color, half, bonnet) -> None:
    """Cab over the engine, or a bonnet in front of it."""
    glass, top = _glass(rng), -rng.uniform(0.88, 1.05)
    wall = 0.62 if bonnet else 0.94
    outline = [(0.3, top), (wall - 0.06, top), (wall, -0.62), (wall, -0.2), (0.3, -0.2)]
    extrude(sketch, camera, outline, half * 0.95, color, 185, {1: glass})
    end = wall
    if bonnet:
        box(sketch, camera, 0.6, 1.0, -0.56, -0.18, half * 0.85, color, 190)
        end = 1.0
    window = [(0.4, top * 0.93, half * 0.95), (wall - 0.1, top * 0.93, half * 0.95),
              (wall - 0.06, -0.6, half * 0.95), (0.4, -0.6, half * 0.95)]
    plate(sketch, camera, window, glass, 185)
    panel(sketch, camera, (0.36, -0.56), (0.38, -0.22), half * 0.95, darker(color, 0.4))
    _end_details(sketch, camera, end, half * (0.85 if bonnet else 0.95), -0.54, -0.18, True, rng)


def _box_load(sketch, camera, rng, color, half, long) -> None:
    top = -rng.uniform(1.0, 1.3)
    box(sketch, camera, -long, 0.24, top, -0.3, half, color, 180)
    if chance(rng, 0.5):
        band = choose(rng, PAINT)
        y = top * rng.uniform(0.55, 0.8)
        panel(sketch, camera, (-long * 0.9, y), (0.14, y * 0.75), half, band)
    if camera.sees((-1, 0, 0)):
        for z in (-half * 0.05, half * 0.05):
            plate(sketch, camera, [(-long, top * 0.95, z), (-long, top * 0.95, z + 0.02),
                                   (-long, -0.34, z + 0.02), (-long, -0.34, z)], darker(color, 0.5))
        _end_details(sketch, camera, -long, half, -0.42, -0.24, False, rng)


def _tank_load(sketch, camera, rng, color, half, long) -> None:
    r = half * 0.92
    middle = -0.32 - r
    tube(sketch, camera, [(-long, middle, 0, r * 0.8), (-long + 0.1, middle, 0, r),
                          (0.12, middle, 0, r), (0.22, middle, 0, r * 0.8)], color, 180)
    for y, tone in ((middle - r * 0.35, lighter(color, 0.5)),
                    (middle + r * 0.62, darker(color, 0.4))):
        panel(sketch, camera, (-long + 0.08, y - 0.05), (0.12, y + 0.05), r * 0.8, tone)
    for x in np.linspace(-long + 0.15, 0.08, 4)[1:-1]:
        plate(sketch, camera, [(x, middle - r * 0.95, r * 0.3),
                               (x + 0.03, middle - r * 0.95, r * 0.3),
                               (x + 0.03, middle + r * 0.9, r * 0.6),
                               (x, middle + r * 0.9, r * 0.6)], darker(color, 0.35))


def _tipper_load(sketch, camera, rng, color, half, long) -> None:
    load = choose(rng, ((146, 118, 84), (96, 84, 74), (176, 158, 120), (110, 110, 112)))
    heap = [(-long * 0.95, -0.75), (-long * 0.6, -0.95), (-long * 0.2, -0.86), (0.1, -0.92),
            (0.2, -0.72)]
    tilt = rng.uniform(0.0, 0.12)
    extrude(sketch, camera, [*heap, (0.2, -0.6), (-long * 0.95, -0.6)], half * 0.85, load, 165)
    extrude(sketch, camera, [(-long * 1.08, -0.78 + tilt), (0.26, -0.82), (0.2, -0.32),
                             (-long * 0.96, -0.32)], half, color, 180)
    for x in np.linspace(-long * 0.9, 0.1, 5):
        panel(sketch, camera, (x, -0.78), (x + 0.04, -0.34), half, darker(color, 0.3))


def _flat_load(sketch, camera, rng, color, half, long) -> None:
    box(sketch, camera, -long, 0.26, -0.4, -0.3, half, darker(color, 0.3), 175)
    if chance(rng, 0.5):
        wood = choose(rng, ((140, 100, 64), (164, 124, 80)))
        for level, count in ((0, 3), (1, 2)):
            for z in np.linspace(-0.5, 0.5, count) * half:
                y = -0.5 - 0.2 * level
                tube(sketch, camera, [(-long * 0.95, y, z, 0.11), (0.2, y, z, 0.11)],
                     jitter(rng, wood, 8), 170 + 5 * level)
        return
    for x in np.linspace(-long * 0.95, -0.05, 3):
        box(sketch, camera, x, x + long * 0.35, -0.4 - rng.uniform(0.2, 0.45), -0.4, half * 0.9,
            choose(rng, PAINT), 180)


LOADS = {"box": _box_load, "tank": _tank_load, "tipper": _tipper_load, "flat": _flat_load}
TRUCK_KINDS = tuple(partial(_truck, load=load, view=view) for load,
                    view in (("box", "side"), ("tank", "side"), ("tipper", "front quarter"),
                             ("box", "front quarter"), ("flat", "side"), ("box", "front"),
                             ("tank", "front quarter"), ("tipper", "side"),
                             ("box", "rear quarter"),))
