"""Airplanes: jets, propeller planes and fighters, as solids from many sides."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from course_utils.cartoons.colors import (
    PAINT,
    WHITE,
    Color,
    chance,
    choose,
    darker,
    jitter,
    mix,
    pick,
)
from course_utils.cartoons.solids import Camera, Solid

Rng = np.random.Generator
HULLS = (
    (236, 236, 234), (190, 196, 204), (120, 128, 138), (96, 108, 92), (52, 62, 84), (176, 42, 38),
    (226, 180, 60), (60, 64, 70),
)  # fmt: skip
COCKPIT = (52, 66, 80)


class Make(NamedTuple):
    """A kind of airplane: lengths in half fuselages, ranges for what varies."""

    radius: float
    nose: float
    blunt: float  # radius just behind the nose in parts of the fuselage's
    span: tuple[float, float]
    sweep: tuple[float, float]
    chord: float


JET = Make(0.12, 0.95, 0.75, (0.8, 1.0), (0.4, 0.6), 0.42)
PROPELLER = Make(0.14, 0.7, 0.75, (0.8, 1.0), (0.05, 0.05), 0.3)
FIGHTER = Make(0.1, 1.05, 0.35, (0.5, 0.65), (0.4, 0.6), 0.7)


def _camera(rng: Rng, view: str) -> Camera:
    if view == "side":
        return Camera(rng.uniform(-25, 25), rng.uniform(-12, 16), rng.uniform(-12, 12))
    if view == "below":
        roll = pick(rng, (90, -90)) + rng.uniform(-20, 20)
        return Camera(rng.uniform(-15, 15), rng.uniform(-15, 15), roll)
    if view == "front":
        return Camera(rng.uniform(65, 95), rng.uniform(-12, 12), rng.uniform(-15, 15))
    azimuth = pick(rng, (1, -1)) * rng.uniform(25, 60)
    return Camera(azimuth, rng.uniform(-30, 35), rng.uniform(-40, 40))


def _airplane(rng: Rng, make: Make, view: str) -> Solid:
    plane = Solid(_camera(rng, view), "air", 180 if view == "below" else 18)
    white = make is JET and chance(rng, 0.5)
    color = jitter(rng, WHITE, 6) if white else choose(rng, HULLS, 8)
    trim = pick(rng, (color, choose(rng, PAINT)))
    fuselage = ((0, 0, 0), lambda depth: _fuselage(plane, rng, make, color, trim))
    parts = [fuselage, _fin(plane, make, trim), *_wings(plane, rng, make, color)]
    for center, paint in sorted(parts, key=lambda part: plane.camera.nearness(part[0])):
        paint(int(170 + 45 * plane.camera.nearness(center)))
    return plane


def _wings(plane: Solid, rng: Rng, make: Make, color: Color) -> list[tuple]:
    """Wings, tailplane and engines as pairs: centre, and a function that paints at a depth."""
    span, sweep = rng.uniform(*make.span), rng.uniform(*make.sweep)
    root, chord, thin = rng.uniform(0.2, 0.32), make.chord, make.radius
    high = make is PROPELLER and chance(rng, 0.5)
    height = -thin * 0.9 if high else thin * 0.5
    fill = pick(rng, (color, darker(color, 0.12), mix(color, (170, 176, 184), 0.5)))
    engines = () if make is not JET else pick(rng, ((0.36,), (0.36,), (0.3, 0.55)))
    parts = []
    for side in (-1, 1):
        tip, y = side * span, height - 0.06
        wing = [
            (root, height, side * thin * 0.7),
            (root - sweep, y, tip),
            (root - sweep - chord * 0.4, y, tip),
            (root - chord, height, side * thin * 0.7),
        ]
        tail = [
            (-0.78, -0.03, side * 0.04),
            (-0.95, -0.05, side * 0.36),
            (-1.05, -0.05, side * 0.36),
            (-1.0, -0.03, side * 0.04),
        ]
        for surface in (wing, tail):
            paint = partial(plane.slab, surface, (0, 0.035, 0), fill)
            parts.append((np.mean(surface, axis=0), paint))
        for z in engines:
            x, y = root - sweep * z / span, height + 0.08
            pod = [(x + 0.12, y, side * z, 0.06), (x - 0.14, y, side * z, 0.05)]
            paint = partial(plane.tube, pod, darker(color, 0.3))
            parts.append(((x, y + 0.04, side * z * 1.1), paint))
    return parts


def _fin(plane: Solid, make: Make, color: Color) -> tuple:
    fin = [(-0.68, -make.radius * 0.6, 0), (-0.95, -0.4, 0), (-1.08, -0.4, 0), (-1.0, -0.02, 0)]
    return (-0.95, -0.3, 0), partial(plane.slab, fin, (0, 0, 0.035), color)


def _fuselage(plane: Solid, rng: Rng, make: Make, color: Color, trim: Color) -> None:
    nose, thin = make.nose, make.radius
    stations = [
        (nose, 0, 0, thin * 0.15),
        (nose - 0.12, 0, 0, thin * make.blunt),
        (nose - 0.3, 0, 0, thin),
        (-0.45, 0, 0, thin),
        (-1.0, -thin * 0.4, 0, thin * 0.3),
    ]
    plane.tube(stations, color, 175)
    side = 1 if plane.camera.sees((0, 0, 1)) else -1
    z = side * thin
    if chance(rng, 0.5):
        plane.plate(
            [
                (nose - 0.25, 0.01, z),
                (-0.7, 0.01, z * 0.8),
                (-0.7, thin * 0.4, z * 0.8),
                (nose - 0.25, thin * 0.4, z),
            ],
            trim,
        )
    if make is JET:
        for x in np.linspace(nose - 0.32, -0.6, 9):
            plane.panel((x, -0.04), (x + 0.05, 0.0), z, (70, 84, 98))
    if plane.camera.sees((0.3, -1, 0)) or plane.camera.sees((0.3, 0, side)):
        x = nose - 0.2
        plane.plate(
            [
                (x + 0.06, -thin * 0.5, z * 0.6),
                (x + 0.04, -thin * 0.75, 0),
                (x - 0.12, -thin, 0),
                (x - 0.16, -thin * 0.6, z * 0.85),
            ],
            COCKPIT,
        )
    if make is FIGHTER:
        canopy = [(0.6, -thin, 0, 0.01), (0.4, -thin, 0, 0.06), (0.1, -thin, 0, 0.02)]
        plane.tube(canopy, COCKPIT, 180)
    if make is PROPELLER:
        _propeller(plane, nose + 0.02, rng.uniform(0, np.pi))


def _propeller(plane: Solid, x: float, turn: float) -> None:
    for angle in (turn, turn + np.pi / 2):
        y, z = np.cos(angle) * 0.3, np.sin(angle) * 0.3
        blade = [(x, y, z), (x, 0.03, 0.03), (x, -y, -z), (x, -0.03, -0.03)]
        plane.plate(blade, (70, 70, 74), 185)


AIRPLANE_KINDS = tuple(
    partial(_airplane, make=make, view=view)
    for make, view in (
        (JET, "side"), (JET, "quarter"), (JET, "below"), (JET, "front"), (PROPELLER, "side"),
        (PROPELLER, "quarter"), (FIGHTER, "quarter"), (FIGHTER, "below"),
    )
)  # fmt: skip
