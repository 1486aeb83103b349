"""Deer and horses: shared bodies, hides and poses; antlers, ears and manes tell them apart."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from course_utils.cartoons.coats import Coat, draw_leg, make_coat, mark_body
from course_utils.cartoons.colors import (
    BLACK,
    HIDE,
    WHITE,
    Color,
    chance,
    darker,
    jitter,
    lighter,
    mix,
    pick,
)
from course_utils.cartoons.sketch import BACK, BODY, HEAD, NEAR, Sketch

Rng = np.random.Generator


class Hoofed(NamedTuple):
    """What tells deer and horse apart on a shared body."""

    name: str
    neck: float  # half-width
    muzzle: float  # depth of the muzzle
    leg: float  # half-width


DEER, HORSE = Hoofed("deer", 0.13, 0.16, 0.085), Hoofed("horse", 0.18, 0.24, 0.105)


def _hide(rng: Rng, animal: Hoofed) -> Coat:
    patterns = (
        ("plain", "plain", "spots", "plain") if animal is DEER else ("plain", "plain", "plain", "patches")
    )
    coat = make_coat(rng, HIDE, patterns)
    return coat._replace(mark=pick(rng, (WHITE, darker(coat.base, 0.5))), light=lighter(coat.base, 0.65))


def _antlers(head: Sketch, rng: Rng, root: tuple[float, float], lean: float, size: float, depth: int) -> None:
    """Two beams with tines; ``lean`` is how far they bend back per unit of height."""
    color = jitter(rng, (188, 160, 122))
    x, y = root
    points = int(rng.integers(2, 4))
    for side, shift in ((1, 0.0), (-1, -0.12)):
        beam = np.array(
            [
                (x + shift, y),
                (x + shift - (lean + 0.3 * side) * size * 0.6, y - 0.5 * size),
                (x + shift - (lean * 0.6 + 0.3 * side) * size, y - 1.1 * size),
            ]
        )
        head.limb(beam, [0.08, 0.07, 0.05], color, depth)
        for t in np.linspace(0.3, 0.8, points):
            bx, by = beam[0] + (beam[2] - beam[0]) * t + (-0.06 * side * size, 0)
            head.limb([(bx, by), (bx + 0.12 * size, by - 0.35 * size)], [0.06, 0.04], color)


def _profile(rng: Rng, animal: Hoofed, coat: Coat, antlers: bool) -> Sketch:
    """The joint of head and neck at the origin, the muzzle about one unit to the right."""
    head = Sketch()
    deep = animal.muzzle
    if animal is DEER:
        head.blob([(0.0, -0.2), (-0.22, -0.55), (-0.5, -0.62), (-0.3, -0.3)], coat.far, HEAD - 20)
    else:
        head.polygon([(-0.05, -0.2), (0.02, -0.62), (0.18, -0.22)], coat.far, HEAD - 20)
    if antlers:
        _antlers(head, rng, (0.1, -0.2), 0.35, rng.uniform(0.9, 1.3), HEAD - 10)
    head.blob(
        [
            (-0.14, 0.02),
            (0.0, -0.26),
            (0.32, -0.24),
            (0.72, -deep * 0.6),
            (1.0, -deep * 0.25 + 0.08),
            (1.02, deep + 0.06),
            (0.8, deep + 0.1),
            (0.4, 0.14 + deep * 0.9),
            (0.05, 0.16 + deep),
        ],
        coat.base,
        HEAD,
    )
    if animal is DEER:
        head.ellipse(0.86, deep + 0.02, 0.16, 0.09, coat.light, clipped=True)
        head.ellipse(0.98, deep * 0.2 + 0.04, 0.09, 0.09, BLACK)
        head.blob([(0.1, -0.18), (0.0, -0.6), (-0.26, -0.72), (-0.14, -0.3)], coat.base, HEAD + 8)
        head.blob(
            [(0.05, -0.26), (-0.03, -0.52), (-0.18, -0.6), (-0.09, -0.3)],
            mix(coat.light, (200, 150, 140), 0.4),
        )
    else:
        head.ellipse(0.95, deep * 0.6, 0.22, 0.22, darker(coat.base, 0.35), clipped=True)
        head.ellipse(0.96, deep * 0.35 + 0.03, 0.05, 0.05, BLACK)
        head.polygon([(0.05, -0.18), (0.14, -0.62), (0.26, -0.2)], coat.base, HEAD + 8)
        if chance(rng, 0.4):
            head.limb([(0.4, -0.19), (0.8, -deep * 0.5 + 0.02)], [0.05, 0.04], WHITE, HEAD)
    head.ellipse(0.33, -0.06, 0.075, 0.07, BLACK, HEAD)
    head.ellipse(0.35, -0.09, 0.025, 0.025, WHITE)
    return head


def _mane(sketch: Sketch, rng: Rng, line, color: Color, width: float) -> None:
    """Hair along the crest of the neck: a dark limb and a few locks hanging from it."""
    sketch.limb(line, [width * 0.7, width, width * 0.8], color, NEAR + 8)
    for x, y in np.asarray(line)[1:]:
        sketch.limb(
            [(x, y), (x - rng.uniform(0, 0.08), y + width * rng.uniform(1.6, 2.4))],
            [width * 0.8, 0.02],
            color,
        )


def _tail(sketch: Sketch, rng: Rng, animal: Hoofed, coat: Coat, hair: Color, root, flow: float) -> None:
    x, y = root
    if animal is DEER:
        sketch.blob(
            [(x + 0.1, y - 0.06), (x - 0.1, y - 0.04), (x - 0.15, y + 0.18), (x + 0.02, y + 0.2)],
            coat.light,
            BODY + 20,
        )
        sketch.limb([(x + 0.02, y - 0.02), (x - 0.1, y + 0.1)], [0.05, 0.035], coat.far)
        return
    path = [(x + 0.05, y), (x - 0.12 - flow * 0.2, y + 0.1), (x - 0.16 - flow * 0.5, y + 0.6 - flow * 0.4)]
    sketch.limb(path, [0.07, 0.13, 0.06], hair, BACK + 10)


def _legs(sketch, animal, coat, long, top, floor, feet, far, socks) -> None:
    """Two legs with hooves; ``feet`` holds offset and lift of the fore and the hind foot."""
    color, depth = (coat.far, BACK) if far else (coat.base, NEAR)
    for (x, bend), (dx, lift) in zip(((long * 0.74, 0.03), (-long * 0.78, -0.1)), feet):
        foot, bottom = x + dx, floor - lift
        draw_leg(sketch, x, top, foot, bottom, animal.leg * 1.35, bend + 0.35 * dx, color, depth)
        if socks:
            sketch.limb([(foot - dx * 0.12, bottom - 0.16), (foot, bottom)], [animal.leg * 0.6], coat.light)
        sketch.polygon(
            [
                (foot - 0.05, bottom - 0.02),
                (foot + 0.06, bottom - 0.02),
                (foot + 0.09, bottom + 0.08),
                (foot - 0.07, bottom + 0.08),
            ],
            (44, 38, 36),
        )


def _body(rng: Rng, animal: Hoofed, pose: str) -> Sketch:
    coat = _hide(rng, animal)
    hair = pick(rng, (darker(coat.base, 0.55), BLACK, lighter(coat.base, 0.4), (222, 206, 170)))
    sketch = Sketch("ground", 5)
    young = pose == "standing" and chance(rng, 0.25)
    if young and animal is DEER:
        coat = coat._replace(pattern="spots", light=WHITE)
    long, thick = rng.uniform(0.55, 0.7) * (0.82 if young else 1), rng.uniform(0.22, 0.28)
    floor = thick + rng.uniform(0.55, 0.75)
    running = pose == "running"
    lift = rng.uniform(0, 0.25) if running else 0.0
    feet = [(rng.uniform(-0.12, 0.12), 0.0), (rng.uniform(-0.12, 0.12), 0.0)]
    far_feet = [(rng.uniform(-0.15, 0.15), 0.0), (rng.uniform(-0.15, 0.15), 0.0)]
    if running:
        reach = rng.uniform(0.2, 0.5)
        feet = [(reach, lift), (-reach, lift * 0.6)]
        far_feet = [(reach * 0.5, lift * 0.3), (-reach * 0.4, lift)]
    socks = chance(rng, 0.3)
    _legs(sketch, animal, coat, long, 0, floor, far_feet, True, socks)
    _tail(
        sketch,
        rng,
        animal,
        coat,
        hair,
        (-long - 0.02, -thick * 0.75),
        1.0 if running else rng.uniform(0, 0.3),
    )
    sketch.blob(
        [
            (long + 0.06, 0.0),
            (long * 0.72, -thick * 1.05),
            (0, -thick * 0.85),
            (-long * 0.65, -thick * 1.05),
            (-long - 0.06, -thick * 0.3),
            (-long * 0.85, thick * 0.75),
            (0, thick * 0.9),
            (long * 0.75, thick),
        ],
        coat.base,
        BODY,
    )
    mark_body(sketch, rng, coat, (-long, -thick, long, thick))
    if animal is DEER:
        sketch.ellipse(0, thick * 0.95, long * 0.6, thick * 0.3, coat.light, clipped=True)
        if chance(rng, 0.5):
            sketch.ellipse(-long, 0, 0.14, 0.24, coat.light, clipped=True)
    _legs(sketch, animal, coat, long, thick * 0.1, floor, feet, False, socks)
    _neck_and_head(sketch, rng, animal, coat, hair, pose, (long * 0.78, -thick * 0.35), floor, young)
    return sketch


def _neck_and_head(sketch, rng, animal, coat, hair, pose, shoulder, floor, young) -> None:
    x, y = shoulder
    rise = rng.uniform(0.5, 0.72) * (0.8 if young else 1)
    hx, hy, angle = x + rng.uniform(0.18, 0.38), y - rise, rng.uniform(15, 45)
    if pose == "grazing":
        hx, hy = x + rng.uniform(0.4, 0.5), floor * rng.uniform(0.3, 0.45)
        angle = rng.uniform(50, 70)
    if pose == "running":
        hx, hy, angle = x + rng.uniform(0.4, 0.5), y - rise * 0.8, rng.uniform(10, 30)
    middle = ((x + hx) / 2 - 0.02, (y + hy) / 2)
    widths = [animal.neck * 1.55, animal.neck, animal.neck * 0.75]
    sketch.limb([(x - 0.08, y + 0.08), middle, (hx, hy)], widths, coat.base, BODY + 12)
    antlers = animal is DEER and not young and chance(rng, 0.75)
    sketch.add(
        _profile(rng, animal, coat, antlers), hx, hy, rng.uniform(0.54, 0.64) * (0.85 if young else 1), angle
    )
    if animal is HORSE:
        up = np.array([hy - y, x - hx])
        up *= animal.neck * 0.75 / np.sqrt((up**2).sum())
        crest = (((hx + 0.02, hy - 0.02), 1.0), (middle, 1.1), ((x - 0.12, y), 1.3))
        line = [np.array(point) + up * k for point, k in crest]
        _mane(sketch, rng, line, hair, 0.1)


def _portrait(rng: Rng, animal: Hoofed) -> Sketch:
    """Head and neck in profile."""
    coat = _hide(rng, animal)
    hair = pick(rng, (darker(coat.base, 0.55), BLACK, lighter(coat.base, 0.4)))
    sketch = Sketch("bust", 6)
    wide = animal.neck * 1.5
    sketch.limb(
        [(-0.75, 1.3), (-0.5, 0.6), (-0.05, 0.08)], [wide * 1.9, wide * 1.4, wide * 0.9], coat.base, BODY
    )
    if animal is HORSE:
        _mane(sketch, rng, [(0.06, -0.26), (-0.42, 0.0), (-0.72, 0.4), (-1.0, 1.0)], hair, 0.13)
    sketch.add(
        _profile(rng, animal, coat, animal is DEER and chance(rng, 0.65)), 0, 0, 1.0, rng.uniform(10, 45)
    )
    if animal is HORSE and chance(rng, 0.5):
        sketch.limb([(0.05, -0.2), (0.3, 0.0), (0.45, 0.4)], [0.03], (110, 40, 36))
    return sketch


def _face(rng: Rng, animal: Hoofed) -> Sketch:
    """Head on: a long face, ears, antlers or a forelock."""
    coat = _hide(rng, animal)
    sketch = Sketch("bust", 8)
    wide = animal.neck * 3
    sketch.mirrored(
        [(0, 0.2), (wide * 0.8, 0.4), (wide, 1.2), (wide * 1.2, 1.9), (0, 1.95)],
        darker(coat.base, 0.15),
        BODY,
    )
    antlers = animal is DEER and chance(rng, 0.65)
    ear_inner = mix(coat.light, (200, 150, 140), 0.4)
    for side in (-1, 1):
        if antlers:
            beam = [(side * 0.2, -0.6), (side * 0.5, -1.0), (side * 0.42, -1.5)]
            sketch.limb(beam, [0.06, 0.05, 0.03], (188, 160, 122), HEAD - 30)
            sketch.limb([(side * 0.46, -0.95), (side * 0.75, -1.3)], [0.045, 0.025], (188, 160, 122))
        outline = [(0.26, -0.55), (0.55, -0.85), (0.95, -0.82), (0.8, -0.5), (0.4, -0.36)]
        if animal is HORSE:
            outline = [(0.14, -0.62), (0.2, -0.95), (0.34, -1.1), (0.44, -0.85), (0.4, -0.55)]
        center = np.mean(outline, axis=0)
        sketch.blob([(side * x, y) for x, y in outline], coat.base, HEAD - 20)
        sketch.blob([(side * x, y) for x, y in center + (np.array(outline) - center) * 0.6], ear_inner)
    end = 0.2 if animal is DEER else 0.3
    sketch.mirrored(
        [(0, -0.72), (0.32, -0.62), (0.44, -0.2), (0.32, 0.3), (end, 0.7), (end * 0.95, 0.98), (0, 1.06)],
        coat.base,
        HEAD,
    )
    if animal is DEER:
        sketch.ellipse(0, 0.92, 0.24, 0.18, coat.light, clipped=True)
        sketch.ellipse(0, 0.8, 0.14, 0.11, BLACK)
    else:
        if chance(rng, 0.5):
            sketch.blob([(-0.08, -0.4), (0.08, -0.4), (0.12, 0.5), (-0.12, 0.5)], WHITE)
        sketch.ellipse(0, 0.86, 0.3, 0.26, darker(coat.base, 0.35), clipped=True)
        for side in (-1, 1):
            sketch.ellipse(side * 0.15, 0.8, 0.06, 0.08, BLACK)
        hair = pick(rng, (darker(coat.base, 0.6), BLACK, lighter(coat.base, 0.4)))
        sketch.blob(
            [(-0.22, -0.78), (0.2, -0.8), (0.16, -0.3), (0.04, -0.05), (-0.1, -0.35)], hair, HEAD + 10
        )
    for side in (-1, 1):
        sketch.ellipse(side * 0.34, -0.16, 0.09, 0.1, BLACK, HEAD)
        sketch.ellipse(side * 0.34 + 0.03, -0.2, 0.03, 0.03, WHITE)
    return sketch


def _kinds(animal: Hoofed) -> tuple:
    poses = [partial(_body, animal=animal, pose=pose) for pose in ("standing", "grazing", "running")]
    return (*poses, partial(_portrait, animal=animal), partial(_face, animal=animal))


DEER_KINDS, HORSE_KINDS = _kinds(DEER), _kinds(HORSE)
