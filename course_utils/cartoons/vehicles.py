"""Automobiles and trucks: solids on wheels in shared colours, seen from all around."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from course_utils.cartoons.colors import (
    BLACK,
    GLASS,
    PAINT,
    RUBBER,
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
LAMP, TAIL_LAMP, CHASSIS = (250, 244, 206), (176, 28, 30), (48, 48, 52)
TYRE_WIDTH = 0.15
VIEWS = {  # range of the camera's azimuth, and its largest elevation
    "side": (-14, 14, 18),
    "front": (70, 90, 9),
    "rear": (-90, -70, 9),
    "front quarter": (22, 58, 18),
    "rear quarter": (-58, -22, 18),
}


def _vehicle(rng: Rng, view: str) -> Solid:
    left, right, high = VIEWS[view]
    return Solid(Camera(rng.uniform(left, right), rng.uniform(2, high)), "ground", 3)


def _glass(rng: Rng) -> Color:
    return pick(rng, (GLASS, (52, 62, 72), (150, 176, 192), (34, 38, 44)))


def _tyres(vehicle: Solid, xs, half: float, radius: float) -> None:
    """All wheels, to be painted before the body that covers most of them."""
    for z in (TYRE_WIDTH - half, half):
        for x in xs:
            vehicle.wheel((x, -radius, z), radius, TYRE_WIDTH, RUBBER, 90)


def _near_wheels(vehicle: Solid, xs, half: float, radius: float, hub: Color) -> None:
    """The outer faces of the wheels on the viewer's side."""
    for x in xs:
        vehicle.disc((x, -radius, half), radius, RUBBER, 215)
        vehicle.disc((x, -radius, half), radius * 0.55, hub)
        vehicle.disc((x, -radius, half), radius * 0.18, darker(hub, 0.5))


def _end(vehicle: Solid, rng: Rng, x, half, top, bottom, front: bool) -> None:
    """Lamps, grille and number plate on the end at ``x``, if the camera sees it."""
    if not vehicle.camera.sees((1 if front else -1, 0, 0)):
        return

    def across(upper: float, lower: float, z0: float, z1: float, color: Color) -> None:
        high = top + (bottom - top) * upper
        vehicle.cross_panel((high, z0), (top + (bottom - top) * lower, z1), x, color)

    for side in (-1, 1):
        across(0.12, 0.5, side * half * 0.58, side * half * 0.95, LAMP if front else TAIL_LAMP)
    if front:
        across(0.2, 0.55, -half * 0.5, half * 0.5, pick(rng, ((40, 42, 46), (96, 100, 106))))
    across(0.66, 0.86, -0.13, 0.13, WHITE)


# ---- automobiles


class Body(NamedTuple):
    """Side view of a car from x = -1 (rear) to 1, heights upwards from the road."""

    cabin: tuple[float, float, float, float]  # x of rear bottom, rear top, front top, front bottom
    roof: float
    belt: float
    nose: float
    tail: float
    ground: float


BODIES = (
    Body((-0.82, -0.5, 0.1, 0.48), 0.74, 0.46, 0.36, 0.46, 0.15),  # sedan
    Body((-0.97, -0.8, 0.12, 0.52), 0.8, 0.46, 0.38, 0.46, 0.15),  # hatchback
    Body((-0.98, -0.9, 0.1, 0.46), 0.76, 0.46, 0.38, 0.46, 0.15),  # estate
    Body((-0.98, -0.88, 0.12, 0.42), 0.95, 0.56, 0.5, 0.56, 0.22),  # off-road
    Body((-0.75, -0.25, 0.02, 0.42), 0.62, 0.42, 0.28, 0.44, 0.12),  # sports
    Body((-1.0, -0.97, 0.42, 0.74), 1.05, 0.56, 0.48, 0.56, 0.18),  # van
    Body((-0.85, -0.32, 0.08, 0.4), 0.82, 0.46, 0.3, 0.3, 0.15),  # old-timer
)


def _automobile(rng: Rng, view: str) -> Solid:
    car = _vehicle(rng, view)
    body, color, glass = pick(rng, BODIES), choose(rng, PAINT, 8), _glass(rng)
    half, radius, wheels = rng.uniform(0.36, 0.43), rng.uniform(0.17, 0.21), (-0.62, 0.64)
    _tyres(car, wheels, half, radius)
    _lower_body(car, rng, body, color, half)
    for x in wheels:
        car.disc((x, -radius - 0.02, half), radius * 1.22, darker(color, 0.7), 170)
    roof = color if chance(rng, 0.85) else pick(rng, (BLACK, WHITE))
    _cabin(car, body, roof, glass, half)
    _doors(car, body, color, half)
    _near_wheels(car, wheels, half, radius, pick(rng, (STEEL, (196, 198, 202), (70, 72, 78))))
    return car


def _lower_body(car: Solid, rng: Rng, body: Body, color: Color, half: float) -> None:
    tail, nose, belt, low = -body.tail, -body.nose, -body.belt, -body.ground
    outline = [
        (-0.97, tail + 0.02),
        (-0.85, belt),
        (body.cabin[3], belt),
        (0.9, nose),
        (1.0, nose * 0.75),
        (1.0, low),
        (-1.0, low),
        (-1.0, tail * 0.75),
    ]
    car.extrude(outline, half, color, 170)
    _end(car, rng, 1.0, half, nose * 0.8, low, front=True)
    _end(car, rng, -1.0, half, tail * 0.8, low, front=False)


def _cabin(car: Solid, body: Body, color: Color, glass: Color, half: float) -> None:
    rear, rear_top, front_top, front = body.cabin
    belt, roof = -body.belt, -body.roof
    outline = [(rear, belt), (rear_top, roof), (front_top, roof), (front, belt)]
    car.extrude(outline, half * 0.96, color, 190, {0: glass, 2: lighter(glass, 0.1)}, taper=0.84)
    high, low = roof * 0.9 + belt * 0.1, belt * 0.92 + roof * 0.08
    z_high, z_low = half * 0.86, half * 0.95
    pillar = (front_top + rear_top) / 2
    for low_left, high_left, high_right, low_right in (
        (rear + 0.09, rear_top + 0.06, pillar - 0.03, pillar - 0.03),
        (pillar + 0.03, pillar + 0.03, front_top - 0.03, front - 0.09),
    ):
        car.plate(
            [
                (low_left, low, z_low),
                (high_left, high, z_high),
                (high_right, high, z_high),
                (low_right, low, z_low),
            ],
            glass,
            190,
        )


def _doors(car: Solid, body: Body, color: Color, half: float) -> None:
    _, rear_top, front_top, front = body.cabin
    belt, low = -body.belt, -body.ground
    for x in ((front_top + rear_top) / 2, front * 0.9):
        car.panel((x, belt), (x + 0.025, low * 1.3), half, darker(color, 0.35), 170)
    car.panel((-0.98, low * 1.15), (0.98, low), half, darker(color, 0.45))


AUTOMOBILE_KINDS = tuple(
    partial(_automobile, view=view)
    for view in ("side", "side", "front quarter", "rear quarter", "front", "rear")
)


# ---- trucks


def _truck(rng: Rng, load: str, view: str) -> Solid:
    truck = _vehicle(rng, view)
    color = choose(rng, PAINT, 8)
    load_color = pick(rng, (color, choose(rng, PAINT, 8), jitter(rng, (226, 226, 224), 8), STEEL))
    half, radius, long = rng.uniform(0.34, 0.4), rng.uniform(0.15, 0.18), rng.uniform(0.7, 1.25)
    bonnet = chance(rng, 0.35)
    axles = (-long * 0.9, -long * 0.9 + 2.2 * radius, 0.75 if bonnet else 0.62)
    _tyres(truck, axles, half, radius)
    truck.box(-long, 0.85, -0.32, -0.2, half * 0.9, CHASSIS, 150)
    parts = [
        lambda: LOADS[load](truck, rng, load_color, half, long),
        lambda: _cab(truck, rng, color, half, bonnet),
    ]
    for paint in parts if truck.camera.sees((1, 0, 0)) else parts[::-1]:
        paint()
    _near_wheels(truck, axles, half, radius, pick(rng, (STEEL, (90, 92, 96), color)))
    return truck


def _cab(truck: Solid, rng: Rng, color: Color, half: float, bonnet: bool) -> None:
    """A cab over the engine, or with a bonnet in front of it."""
    glass, top, side = _glass(rng), -rng.uniform(0.88, 1.05), half * 0.95
    wall = 0.62 if bonnet else 0.94
    outline = [(0.3, top), (wall - 0.06, top), (wall, -0.62), (wall, -0.2), (0.3, -0.2)]
    truck.extrude(outline, side, color, 185, {1: glass})
    if bonnet:
        truck.box(0.6, 1.0, -0.56, -0.18, half * 0.85, color, 190)
    high = top * 0.93
    truck.plate(
        [(0.4, high, side), (wall - 0.1, high, side), (wall - 0.06, -0.6, side), (0.4, -0.6, side)],
        glass,
        185,
    )
    truck.panel((0.36, -0.56), (0.38, -0.22), side, darker(color, 0.4))
    end, width = (1.0, half * 0.85) if bonnet else (wall, side)
    _end(truck, rng, end, width, -0.54, -0.18, front=True)


def _box_load(truck: Solid, rng: Rng, color: Color, half: float, long: float) -> None:
    top = -rng.uniform(1.0, 1.3)
    truck.box(-long, 0.24, top, -0.3, half, color, 180)
    if chance(rng, 0.5):
        y = top * rng.uniform(0.55, 0.8)
        truck.panel((-long * 0.9, y), (0.14, y * 0.75), half, choose(rng, PAINT))
    if truck.camera.sees((-1, 0, 0)):
        truck.cross_panel((top * 0.95, -0.01), (-0.34, 0.01), -long, darker(color, 0.5))
        _end(truck, rng, -long, half, -0.42, -0.24, front=False)


def _tank_load(truck: Solid, rng: Rng, color: Color, half: float, long: float) -> None:
    r = half * 0.92
    y = -0.32 - r
    truck.tube(
        [(-long, y, 0, r * 0.8), (-long + 0.1, y, 0, r), (0.12, y, 0, r), (0.22, y, 0, r * 0.8)], color, 180
    )
    for middle, tone in ((y - r * 0.35, lighter(color, 0.5)), (y + r * 0.62, darker(color, 0.4))):
        truck.panel((-long + 0.08, middle - 0.05), (0.12, middle + 0.05), r * 0.8, tone)
    for x in np.linspace(-long + 0.15, 0.08, 4)[1:-1]:
        truck.plate(
            [
                (x, y - r * 0.95, r * 0.3),
                (x + 0.03, y - r * 0.95, r * 0.3),
                (x + 0.03, y + r * 0.9, r * 0.6),
                (x, y + r * 0.9, r * 0.6),
            ],
            darker(color, 0.35),
        )


def _tipper_load(truck: Solid, rng: Rng, color: Color, half: float, long: float) -> None:
    soil = choose(rng, ((146, 118, 84), (96, 84, 74), (176, 158, 120), (110, 110, 112)))
    tilt = rng.uniform(0.0, 0.12)
    heap = [
        (-long * 0.95, -0.75),
        (-long * 0.6, -0.95),
        (-long * 0.2, -0.86),
        (0.1, -0.92),
        (0.2, -0.72),
        (0.2, -0.6),
        (-long * 0.95, -0.6),
    ]
    tray = [(-long * 1.08, -0.78 + tilt), (0.26, -0.82), (0.2, -0.32), (-long * 0.96, -0.32)]
    truck.extrude(heap, half * 0.85, soil, 165)
    truck.extrude(tray, half, color, 180)
    for x in np.linspace(-long * 0.9, 0.1, 5):
        truck.panel((x, -0.78), (x + 0.04, -0.34), half, darker(color, 0.3))


def _flat_load(truck: Solid, rng: Rng, color: Color, half: float, long: float) -> None:
    truck.box(-long, 0.26, -0.4, -0.3, half, darker(color, 0.3), 175)
    if chance(rng, 0.5):
        _logs(truck, rng, half, long)
        return
    for x in np.linspace(-long * 0.95, -0.05, 3):
        top = -0.4 - rng.uniform(0.2, 0.45)
        truck.box(x, x + long * 0.35, top, -0.4, half * 0.9, choose(rng, PAINT), 180)


def _logs(truck: Solid, rng: Rng, half: float, long: float) -> None:
    wood = choose(rng, ((140, 100, 64), (164, 124, 80)))
    for y, places in ((-0.5, (-0.5, 0, 0.5)), (-0.7, (-0.25, 0.25))):
        for place in places:
            z = place * half
            log = [(-long * 0.95, y, z, 0.11), (0.2, y, z, 0.11)]
            truck.tube(log, jitter(rng, wood, 8), 175)


LOADS = {"box": _box_load, "tank": _tank_load, "tipper": _tipper_load, "flat": _flat_load}
TRUCK_KINDS = tuple(
    partial(_truck, load=load, view=view)
    for load, view in (
        ("box", "side"), ("box", "front quarter"), ("box", "rear quarter"), ("box", "front"),
        ("tank", "side"), ("tank", "front quarter"), ("tipper", "side"),
        ("tipper", "front quarter"), ("flat", "side"),
    )
)  # fmt: skip
