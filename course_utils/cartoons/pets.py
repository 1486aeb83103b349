"""Cats and dogs: shared bodies, coats and poses; heads, ears and tails tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from course_utils.cartoons.coats import Coat, draw_leg, make_coat, mark_body
from course_utils.cartoons.colors import (
    BLACK,
    FUR,
    WHITE,
    Color,
    chance,
    darker,
    lighter,
    mix,
    pick,
)
from course_utils.cartoons.sketch import BACK, BODY, HEAD, NEAR, Sketch

Rng = np.random.Generator


def _fur(rng: Rng) -> Coat:
    return make_coat(rng, FUR, ("plain", "stripes", "patches", "plain"))


def _eyes(
    face: Sketch, x: float, y: float, rx: float, ry: float, iris: Color, pupil: float, turn: float
) -> None:
    for side in (-1, 1):
        cx = side * x + turn
        face.ellipse(cx, y, rx * 1.18, ry * 1.2, darker(iris, 0.75))
        face.ellipse(cx, y, rx, ry, iris)
        face.ellipse(cx, y, rx * pupil, ry * 0.9, BLACK)
        face.ellipse(cx + rx * 0.3, y - ry * 0.4, rx * 0.26, ry * 0.26, WHITE)


def _pointed_ears(face: Sketch, coat: Coat, height: float, spread: float, inner: Color) -> None:
    for side in (-1, 1):
        tip = (side * (0.62 + spread), -0.72 - height)
        face.polygon([(side * 0.92, -0.15), tip, (side * 0.12, -0.74)], coat.base, HEAD - 20)
        middle = np.array([side * 0.55, -0.6])
        corners = np.array([(side * 0.86, -0.3), tip, (side * 0.24, -0.72)])
        face.polygon(middle + (corners - middle) * 0.62, inner)


def _floppy_ears(face: Sketch, rng: Rng, color: Color) -> None:
    length, spread = rng.uniform(0.3, 0.9), rng.uniform(0.0, 0.2)
    for side in (-1, 1):
        outline = [
            (0.42, -0.82),
            (0.85, -0.72),
            (1.1 + spread, -0.1),
            (1.05 + spread, length),
            (0.8, length + 0.1),
            (0.68, 0.0),
        ]
        face.blob([(side * x, y) for x, y in outline], color, HEAD + 12)


def _cat_head(rng: Rng, coat: Coat) -> Sketch:
    """Seen from the front, the skull about 2 units wide."""
    face = Sketch("close", 14)
    turn = rng.uniform(-0.22, 0.22)
    _pointed_ears(
        face, coat, rng.uniform(0.35, 0.62), rng.uniform(-0.02, 0.16), mix(coat.light, (214, 140, 136), 0.6)
    )
    cheek = rng.uniform(0.9, 1.05)
    skull = [(0, -0.8), (0.5, -0.72), (0.9, -0.25), (cheek, 0.25), (0.68, 0.68), (0.3, 0.88), (0, 0.92)]
    face.mirrored(skull, coat.base, HEAD)
    if coat.pattern == "stripes":
        for x in (-0.24, 0, 0.24):
            face.polygon(
                [(x - 0.07 + turn, -0.78), (x + 0.07 + turn, -0.78), (x * 0.7 + turn, -0.32)], coat.mark
            )
        for side in (-1, 1):
            for y in (0.12, 0.36):
                face.polygon(
                    [(side * 0.98, y), (side * 0.98, y + 0.12), (side * 0.6 + turn, y + 0.1)], coat.mark
                )
    if coat.pattern == "patches":
        face.ellipse(pick(rng, (-0.5, 0.5)), -0.35, 0.45, 0.5, coat.mark, clipped=True)
    muzzle = coat.light if chance(rng, 0.7) else lighter(coat.base, 0.15)
    for side in (-1, 1):
        face.ellipse(side * 0.2 + turn * 1.3, 0.46, 0.3, 0.24, muzzle)
    iris = pick(rng, ((150, 190, 70), (222, 178, 52), (106, 164, 196), (196, 130, 46), (60, 48, 36)))
    _eyes(
        face,
        0.42,
        -0.06,
        rng.uniform(0.19, 0.25),
        rng.uniform(0.15, 0.23),
        iris,
        rng.uniform(0.25, 0.75),
        turn,
    )
    nose = pick(rng, ((196, 116, 112), (70, 48, 46), (36, 32, 34)))
    x = turn * 1.4
    face.polygon([(x - 0.13, 0.24), (x + 0.13, 0.24), (x, 0.38)], nose)
    face.limb([(x, 0.36), (x, 0.5), (x - 0.2, 0.6)], [0.025], darker(muzzle, 0.6))
    face.limb([(x, 0.5), (x + 0.2, 0.6)], [0.025], darker(muzzle, 0.6))
    whisker = lighter(coat.base, 0.7) if sum(coat.base) < 420 else darker(coat.base, 0.5)
    for side in (-1, 1):
        for y in (0.36, 0.52):
            face.limb([(side * 0.3 + x, 0.45), (side * 1.2, y)], [0.018], whisker)
    return face


def _dog_head(rng: Rng, coat: Coat) -> Sketch:
    """Seen from the front; floppy or pointed ears, a broad muzzle, a large nose."""
    face = Sketch("close", 14)
    turn = rng.uniform(-0.25, 0.25)
    pointed = chance(rng, 0.3)
    if pointed:
        _pointed_ears(face, coat, rng.uniform(0.3, 0.65), rng.uniform(-0.1, 0.12), darker(coat.base, 0.35))
    wide, jaw = rng.uniform(0.78, 0.95), rng.uniform(0.45, 0.7)
    skull = [
        (0, -0.82),
        (0.5, -0.74),
        (wide, -0.3),
        (wide - 0.05, 0.15),
        (jaw, 0.62),
        (jaw * 0.7, 0.98),
        (0, 1.06),
    ]
    face.mirrored(skull, coat.base, HEAD)
    if coat.pattern == "patches":
        face.ellipse(pick(rng, (-0.45, 0.45)), -0.3, 0.4, 0.45, coat.mark, clipped=True)
    if coat.pattern == "stripes" or chance(rng, 0.3):
        face.blob(
            [(turn - 0.1, -0.8), (turn + 0.1, -0.8), (turn + 0.16, 0.2), (turn - 0.16, 0.2)], coat.light
        )
    muzzle = pick(rng, (coat.light, lighter(coat.base, 0.2), coat.mark))
    x = turn * 1.6
    face.ellipse(x, 0.5, jaw * 0.82, 0.44, muzzle, HEAD + 14)
    if not pointed:
        _floppy_ears(face, rng, pick(rng, (darker(coat.base, 0.25), coat.mark, coat.base)))
    iris = pick(rng, ((66, 42, 28), (34, 26, 24), (132, 86, 40), (110, 140, 160)))
    _eyes(face, 0.36, -0.14, rng.uniform(0.12, 0.18), rng.uniform(0.12, 0.17), iris, 0.7, turn)
    face.ellipse(x, 0.28, 0.23, 0.16, pick(rng, (BLACK, (60, 44, 42), BLACK)), HEAD + 25)
    face.ellipse(x - 0.06, 0.22, 0.07, 0.04, (150, 146, 148))
    mouth = darker(muzzle, 0.65)
    face.limb([(x, 0.4), (x, 0.62), (x - 0.26, 0.72)], [0.03], mouth, HEAD + 14)
    face.limb([(x, 0.62), (x + 0.26, 0.72)], [0.03], mouth)
    if chance(rng, 0.4):
        face.blob(
            [(x - 0.13, 0.7), (x + 0.13, 0.7), (x + 0.14, 0.98), (x, 1.1), (x - 0.14, 0.98)], (214, 96, 104)
        )
    return face


def _cat_profile(rng: Rng, coat: Coat) -> Sketch:
    head = Sketch()
    ear = mix(coat.light, (214, 140, 136), 0.5)
    head.polygon([(-0.7, -0.4), (-0.5, -1.25), (0.05, -0.75)], coat.far, HEAD - 25)
    head.blob(
        [
            (-0.9, -0.1),
            (-0.55, -0.68),
            (0.1, -0.8),
            (0.62, -0.45),
            (0.98, 0.1),
            (0.95, 0.42),
            (0.5, 0.68),
            (-0.2, 0.78),
            (-0.75, 0.5),
        ],
        coat.base,
        HEAD,
    )
    head.polygon([(-0.45, -0.5), (-0.05, -1.25), (0.3, -0.62)], coat.base)
    head.polygon([(-0.25, -0.6), (-0.03, -1.05), (0.18, -0.65)], ear)
    head.ellipse(0.72, 0.34, 0.28, 0.24, coat.light)
    head.ellipse(0.4, -0.1, 0.17, 0.15, pick(rng, ((150, 190, 70), (222, 178, 52), (106, 164, 196))))
    head.ellipse(0.44, -0.1, 0.07, 0.13, BLACK)
    head.ellipse(0.97, 0.16, 0.09, 0.07, (150, 90, 88))
    return head


def _dog_profile(rng: Rng, coat: Coat) -> Sketch:
    head = Sketch()
    muzzle = rng.uniform(0.2, 0.6)
    pointed = chance(rng, 0.3)
    if pointed:
        head.polygon([(-0.6, -0.4), (-0.42, -1.25), (0.1, -0.7)], coat.far, HEAD - 25)
    head.blob(
        [
            (-0.9, -0.05),
            (-0.6, -0.62),
            (0.0, -0.75),
            (0.5, -0.45),
            (0.75, -0.1),
            (1.1 + muzzle, 0.02),
            (1.16 + muzzle, 0.32),
            (0.8, 0.55),
            (0.3, 0.68),
            (-0.3, 0.75),
            (-0.8, 0.5),
        ],
        coat.base,
        HEAD,
    )
    head.ellipse(1.12 + muzzle, 0.06, 0.14, 0.12, BLACK)
    head.limb([(1.1 + muzzle, 0.36), (0.65, 0.36)], [0.03], darker(coat.base, 0.6))
    head.ellipse(0.4, -0.16, 0.1, 0.1, BLACK)
    if pointed:
        head.polygon([(-0.45, -0.5), (-0.1, -1.25), (0.25, -0.6)], darker(coat.base, 0.15))
    else:
        ear = pick(rng, (coat.mark, darker(coat.base, 0.3)))
        head.blob(
            [(-0.4, -0.6), (0.0, -0.5), (0.05, 0.2), (-0.15, 0.62), (-0.5, 0.45), (-0.6, -0.1)],
            ear,
            HEAD + 12,
        )
    return head


class Pet(NamedTuple):
    """What tells the two apart on a shared body."""

    front: Callable[[Rng, Coat], Sketch]
    profile: Callable[[Rng, Coat], Sketch]
    tail: Callable[[Sketch, Rng, Coat, tuple[float, float], bool], None]  # the last says whether it points up
    slim: float  # width of the body in parts of a dog's


def _cat_tail(sketch: Sketch, rng: Rng, coat: Coat, root: tuple[float, float], up: bool) -> None:
    x, y = root
    bend = rng.uniform(-0.2, 0.25)
    path = [(x, y), (x - 0.35, y - 0.1), (x - 0.45 - bend, y - 0.5), (x - 0.3 - bend, y - 0.85)]
    if not up:
        path = [(x, y), (x - 0.35, y + 0.1), (x - 0.65, y + bend * 0.4), (x - 0.9, y - bend)]
    sketch.limb(path, [0.075, 0.065, 0.055], coat.base, BACK + 20)
    if coat.pattern != "plain":
        sketch.ellipse(*path[-1], 0.07, 0.08, coat.mark)


def _dog_tail(sketch: Sketch, rng: Rng, coat: Coat, root: tuple[float, float], up: bool) -> None:
    x, y = root
    curl = rng.uniform(0.0, 0.35)
    path = [(x + 0.05, y), (x - 0.22, y - 0.22), (x - 0.3 + curl, y - 0.55)]
    if not up:
        path = [(x, y), (x - 0.25, y + 0.12), (x - 0.38, y + 0.35)]
    sketch.limb(path, [0.09, 0.085, 0.03 + rng.uniform(0, 0.07)], coat.base, BACK + 20)


CAT = Pet(_cat_head, _cat_profile, _cat_tail, 0.85)
DOG = Pet(_dog_head, _dog_profile, _dog_tail, 1.0)


def _face(rng: Rng, pet: Pet) -> Sketch:
    coat = _fur(rng)
    sketch = Sketch("close", 10)
    if chance(rng, 0.6):
        sketch.stance = "bust"
        shoulders = [(0, 0.3), (0.6, 0.6), (1.0, 1.2), (1.2, 2.2), (0, 2.3)]
        sketch.mirrored(shoulders, darker(coat.base, 0.15), BODY)
        if chance(rng, 0.4):
            sketch.mirrored([(0, 0.8), (0.3, 1.0), (0.35, 2.0), (0, 2.2)], coat.light)
    sketch.add(pet.front(rng, coat))
    return sketch


def _sitting(rng: Rng, pet: Pet) -> Sketch:
    coat = _fur(rng)
    sketch = Sketch("ground", 5)
    wide = rng.uniform(0.5, 0.62) * pet.slim
    root = (wide * 0.7, 0.75)
    if pet is CAT:
        tail = [root, (wide + 0.35, 0.72), (wide + 0.5, 0.3)]
    else:
        tail = [root, (wide + 0.25, 0.6), (wide + 0.3, 0.35)]
    sketch.limb(tail, [0.08, 0.06 if pet is CAT else 0.04], coat.base, BACK)
    for side in (-1, 1):
        sketch.ellipse(side * wide * 0.8, 0.62, 0.26, 0.26, coat.far, BACK + 20)
    sketch.mirrored(
        [(0, -0.5), (0.3, -0.4), (wide * 0.8, 0.1), (wide, 0.6), (wide * 0.7, 0.85), (0, 0.88)],
        coat.base,
        BODY,
    )
    mark_body(sketch, rng, coat, (-wide, -0.4, wide, 0.85))
    if chance(rng, 0.5):
        sketch.mirrored([(0, -0.4), (0.2, -0.3), (0.22, 0.2), (0, 0.5)], coat.light)
    paws = coat.light if chance(rng, 0.4) else coat.base
    for side in (-1, 1):
        draw_leg(sketch, side * 0.2, 0.0, side * 0.19, 0.84, 0.14, 0, coat.base, NEAR)
        sketch.ellipse(side * 0.2, 0.88, 0.15, 0.09, paws)
        sketch.ellipse(side * wide * 0.85, 0.86, 0.18, 0.08, paws, NEAR - 10)
    sketch.add(
        pet.front(rng, coat), rng.uniform(-0.08, 0.08), -0.72, rng.uniform(0.5, 0.62), rng.uniform(-12, 12)
    )
    return sketch


def _sitting_side(rng: Rng, pet: Pet) -> Sketch:
    coat = _fur(rng)
    sketch = Sketch("ground", 5)
    pet.tail(sketch, rng, coat, (-0.5, 0.75), False)
    draw_leg(sketch, 0.22, 0.0, 0.28, 0.85, 0.11, 0.03, coat.far, BACK + 20)
    sketch.blob(
        [
            (0.32, -0.6),
            (0.42, -0.1),
            (0.25, 0.45),
            (0.1, 0.82),
            (-0.5, 0.86),
            (-0.64, 0.5),
            (-0.4, 0.0),
            (-0.02, -0.55),
        ],
        coat.base,
        BODY,
    )
    mark_body(sketch, rng, coat, (-0.65, -0.5, 0.4, 0.85))
    sketch.ellipse(-0.3, 0.6, 0.3, 0.27, coat.base, NEAR)
    sketch.ellipse(-0.08, 0.85, 0.2, 0.07, coat.base)
    draw_leg(sketch, 0.28, 0.0, 0.34, 0.84, 0.12, -0.02, coat.base, NEAR)
    sketch.ellipse(0.4, 0.88, 0.13, 0.07, coat.light)
    head = pet.profile(rng, coat) if chance(rng, 0.6) else pet.front(rng, coat)
    sketch.add(head, 0.2, -0.8, rng.uniform(0.44, 0.56), rng.uniform(-12, 8))
    return sketch


def _walking(rng: Rng, pet: Pet) -> Sketch:
    coat = _fur(rng)
    sketch = Sketch("ground", 5)
    long, leg = rng.uniform(0.55, 0.72), rng.uniform(0.32, 0.58)
    thick = rng.uniform(0.22, 0.3) * pet.slim
    floor = thick + leg
    stride = rng.uniform(-0.3, 0.3)
    pet.tail(sketch, rng, coat, (-long, -thick * 0.6), chance(rng, 0.6))
    draw_leg(sketch, long * 0.8, 0, long * 0.8 - stride, floor, 0.12, -0.02, coat.far, BACK)
    draw_leg(sketch, -long * 0.8, 0, -long * 0.8 + stride, floor, 0.13, -0.1, coat.far, BACK)
    sketch.blob(
        [
            (long, -0.1),
            (long * 0.7, -thick),
            (0, -thick * 0.85),
            (-long * 0.7, -thick),
            (-long, -0.05),
            (-long * 0.8, thick),
            (0, thick * 0.8),
            (long * 0.75, thick),
        ],
        coat.base,
        BODY,
    )
    mark_body(sketch, rng, coat, (-long, -thick, long, thick))
    paws = coat.light if chance(rng, 0.4) else coat.base
    for x, bend in ((long * 0.72, 0.02), (-long * 0.72, -0.08)):
        foot = x + stride * (1 if x > 0 else -1) * rng.uniform(0.7, 1)
        draw_leg(sketch, x, thick * 0.2, foot, floor, 0.14, bend, coat.base, NEAR)
        sketch.ellipse(foot + 0.05, floor, 0.12, 0.065, paws)
    size = rng.uniform(0.42, 0.54)
    hx, hy = long + rng.uniform(0.05, 0.2), -thick - rng.uniform(0.0, 0.28)
    sketch.limb([(long * 0.7, -0.02), (hx, hy)], [thick * 0.8, size * 0.62], coat.base, BODY + 5)
    head = pet.profile(rng, coat) if chance(rng, 0.5) else pet.front(rng, coat)
    sketch.add(head, hx, hy, size, rng.uniform(-10, 20))
    return sketch


def _lying(rng: Rng, pet: Pet) -> Sketch:
    coat = _fur(rng)
    sketch = Sketch("ground", 4)
    sketch.limb([(-0.8, 0.3), (-1.1, 0.42), (-1.0, 0.5), (-0.6, 0.48)], [0.08, 0.06], coat.base, BACK)
    rise = rng.uniform(0.36, 0.46)
    sketch.blob(
        [
            (0.75, -0.05),
            (0.4, -rise * 0.7),
            (-0.2, -rise * 0.8),
            (-0.75, -rise * 0.6),
            (-0.98, 0.1),
            (-0.85, 0.46),
            (0, 0.5),
            (0.7, 0.48),
            (0.85, 0.25),
        ],
        coat.base,
        BODY,
    )
    mark_body(sketch, rng, coat, (-0.95, -0.4, 0.7, 0.45))
    sketch.ellipse(-0.55, 0.2, 0.34, 0.28, coat.base, BODY + 15)
    sketch.limb([(-0.5, 0.44), (-0.15, 0.46)], [0.08], coat.base)
    sketch.limb([(0.55, 0.4), (1.05, 0.46)], [0.1, 0.08], coat.far, NEAR)
    sketch.limb(
        [(0.4, 0.44), (0.92, 0.5)], [0.11, 0.09], coat.light if chance(rng, 0.4) else coat.base, NEAR + 10
    )
    head = pet.front(rng, coat) if chance(rng, 0.7) else pet.profile(rng, coat)
    sketch.add(head, 0.62, rng.uniform(-0.3, 0.05), rng.uniform(0.42, 0.54), rng.uniform(-12, 15))
    return sketch


_POSES = (_face, _sitting, _walking, _sitting_side, _lying)
CAT_KINDS = tuple(partial(pose, pet=CAT) for pose in _POSES)
DOG_KINDS = tuple(partial(pose, pet=DOG) for pose in _POSES)
