"""Cat, dog, deer and horse: shared bodies, palettes and poses; heads, ears, tails and coats tell them apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_utils.drawing.colors import (
    BLACK, FUR, HIDE, WHITE, Color, chance, choose, darker, jitter, lighter, mix, pick,
)
from course_utils.drawing.sketch import Sketch

Rng = np.random.Generator
BACK, BODY, NEAR, HEAD = 120, 165, 190, 220  # depths


class Coat(NamedTuple):
    """Colours of one animal; ``pattern`` is ``"plain"``, ``"stripes"``, ``"patches"`` or ``"spots"``."""

    base: Color
    far: Color
    light: Color
    mark: Color
    pattern: str


def _coat(rng: Rng, palette, patterns) -> Coat:
    base = choose(rng, palette)
    mark = choose(rng, palette) if chance(rng, 0.4) else darker(base, 0.4)
    light = lighter(base, rng.uniform(0.25, 0.8))
    return Coat(base, darker(base, 0.3), light, mark, pick(rng, patterns))


def _fur(rng: Rng) -> Coat:
    return _coat(rng, FUR, ("plain", "stripes", "patches", "plain"))


def _mark_body(sketch: Sketch, rng: Rng, coat: Coat, box: tuple[float, float, float, float]) -> None:
    """Stripes, patches or spots on the body shape just drawn, inside ``box`` (left, top, right, bottom)."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    if coat.pattern == "stripes":
        for x in np.linspace(left, right, int(rng.integers(5, 8))):
            x += rng.uniform(-0.04, 0.04) * wide
            slant, half = rng.uniform(-0.05, 0.05) * wide, 0.028 * wide
            corners = [(x - half, top), (x + half, top), (x + slant, top + high * rng.uniform(0.5, 0.8))]
            sketch.polygon(corners, coat.mark, clipped=True)
    if coat.pattern == "patches":
        for _ in range(int(rng.integers(2, 4))):
            x, y = rng.uniform(left, right), rng.uniform(top, bottom)
            rx, ry = rng.uniform(0.12, 0.24, 2) * (wide, high * 1.6)
            sketch.ellipse(x, y, rx, ry, coat.mark, angle=rng.uniform(-30, 30), clipped=True)
    if coat.pattern == "spots":
        for _ in range(12):
            x, y = rng.uniform(left, right), rng.uniform(top, top + 0.6 * high)
            sketch.ellipse(x, y, 0.03 * wide, 0.026 * wide, coat.light, clipped=True)


# ---- cat and dog: heads


def _eyes(face: Sketch, x: float, y: float, rx: float, ry: float, iris: Color, pupil: float, turn: float) -> None:
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
        outline = [(0.42, -0.82), (0.85, -0.72), (1.1 + spread, -0.1), (1.05 + spread, length), (0.8, length + 0.1),
                   (0.68, 0.0)]
        face.blob([(side * x, y) for x, y in outline], color, HEAD + 12)


def _cat_head(rng: Rng, coat: Coat) -> Sketch:
    """Seen from the front, the skull about 2 units wide."""
    face = Sketch("close", 14)
    turn = rng.uniform(-0.22, 0.22)
    _pointed_ears(face, coat, rng.uniform(0.35, 0.62), rng.uniform(-0.02, 0.16), mix(coat.light, (214, 140, 136), 0.6))
    cheek = rng.uniform(0.9, 1.05)
    skull = [(0, -0.8), (0.5, -0.72), (0.9, -0.25), (cheek, 0.25), (0.68, 0.68), (0.3, 0.88), (0, 0.92)]
    face.mirrored(skull, coat.base, HEAD)
    if coat.pattern == "stripes":
        for x in (-0.24, 0, 0.24):
            face.polygon([(x - 0.07 + turn, -0.78), (x + 0.07 + turn, -0.78), (x * 0.7 + turn, -0.32)], coat.mark)
        for side in (-1, 1):
            for y in (0.12, 0.36):
                face.polygon([(side * 0.98, y), (side * 0.98, y + 0.12), (side * 0.6 + turn, y + 0.1)], coat.mark)
    if coat.pattern == "patches":
        face.ellipse(pick(rng, (-0.5, 0.5)), -0.35, 0.45, 0.5, coat.mark, clipped=True)
    muzzle = coat.light if chance(rng, 0.7) else lighter(coat.base, 0.15)
    for side in (-1, 1):
        face.ellipse(side * 0.2 + turn * 1.3, 0.46, 0.3, 0.24, muzzle)
    iris = pick(rng, ((150, 190, 70), (222, 178, 52), (106, 164, 196), (196, 130, 46), (60, 48, 36)))
    _eyes(face, 0.42, -0.06, rng.uniform(0.19, 0.25), rng.uniform(0.15, 0.23), iris, rng.uniform(0.25, 0.75), turn)
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
    skull = [(0, -0.82), (0.5, -0.74), (wide, -0.3), (wide - 0.05, 0.15), (jaw, 0.62), (jaw * 0.7, 0.98), (0, 1.06)]
    face.mirrored(skull, coat.base, HEAD)
    if coat.pattern == "patches":
        face.ellipse(pick(rng, (-0.45, 0.45)), -0.3, 0.4, 0.45, coat.mark, clipped=True)
    if coat.pattern == "stripes" or chance(rng, 0.3):
        face.blob([(turn - 0.1, -0.8), (turn + 0.1, -0.8), (turn + 0.16, 0.2), (turn - 0.16, 0.2)], coat.light)
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
        face.blob([(x - 0.13, 0.7), (x + 0.13, 0.7), (x + 0.14, 0.98), (x, 1.1), (x - 0.14, 0.98)], (214, 96, 104))
    return face


def _cat_profile(rng: Rng, coat: Coat) -> Sketch:
    head = Sketch()
    ear = mix(coat.light, (214, 140, 136), 0.5)
    head.polygon([(-0.7, -0.4), (-0.5, -1.25), (0.05, -0.75)], coat.far, HEAD - 25)
    head.blob([(-0.9, -0.1), (-0.55, -0.68), (0.1, -0.8), (0.62, -0.45), (0.98, 0.1), (0.95, 0.42), (0.5, 0.68),
               (-0.2, 0.78), (-0.75, 0.5)], coat.base, HEAD)
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
    head.blob([(-0.9, -0.05), (-0.6, -0.62), (0.0, -0.75), (0.5, -0.45), (0.75, -0.1), (1.1 + muzzle, 0.02),
               (1.16 + muzzle, 0.32), (0.8, 0.55), (0.3, 0.68), (-0.3, 0.75), (-0.8, 0.5)], coat.base, HEAD)
    head.ellipse(1.12 + muzzle, 0.06, 0.14, 0.12, BLACK)
    head.limb([(1.1 + muzzle, 0.36), (0.65, 0.36)], [0.03], darker(coat.base, 0.6))
    head.ellipse(0.4, -0.16, 0.1, 0.1, BLACK)
    if pointed:
        head.polygon([(-0.45, -0.5), (-0.1, -1.25), (0.25, -0.6)], darker(coat.base, 0.15))
    else:
        ear = pick(rng, (coat.mark, darker(coat.base, 0.3)))
        head.blob([(-0.4, -0.6), (0.0, -0.5), (0.05, 0.2), (-0.15, 0.62), (-0.5, 0.45), (-0.6, -0.1)], ear, HEAD + 12)
    return head


# ---- cat and dog: bodies


class Pet(NamedTuple):
    """What tells the two apart on a shared body."""

    front: callable
    profile: callable
    tail: callable
    slim: float


def _cat_tail(sketch, rng, coat, root, up):
    x, y = root
    bend = rng.uniform(-0.2, 0.25)
    path = [(x, y), (x - 0.35, y - 0.1), (x - 0.45 - bend, y - 0.5), (x - 0.3 - bend, y - 0.85)]
    if not up:
        path = [(x, y), (x - 0.35, y + 0.1), (x - 0.65, y + bend * 0.4), (x - 0.9, y - bend)]
    sketch.limb(path, [0.075, 0.065, 0.055], coat.base, BACK + 20)
    if coat.pattern != "plain":
        sketch.ellipse(*path[-1], 0.07, 0.08, coat.mark)


def _dog_tail(sketch, rng, coat, root, up):
    x, y = root
    curl = rng.uniform(0.0, 0.35)
    path = [(x + 0.05, y), (x - 0.22, y - 0.22), (x - 0.3 + curl, y - 0.55)]
    if not up:
        path = [(x, y), (x - 0.25, y + 0.12), (x - 0.38, y + 0.35)]
    sketch.limb(path, [0.09, 0.085, 0.03 + rng.uniform(0, 0.07)], coat.base, BACK + 20)


CAT = Pet(_cat_head, _cat_profile, _cat_tail, 0.85)
DOG = Pet(_dog_head, _dog_profile, _dog_tail, 1.0)


def _leg(sketch, x, top, foot, bottom, width, bend, color, depth):
    knee = ((x + foot) / 2 + bend, (top + bottom) / 2)
    sketch.limb([(x, top), knee, (foot, bottom)], [width, width * 0.62, width * 0.55], color, depth)


def _pet_face(pet: Pet):
    def kind(rng: Rng) -> Sketch:
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

    return kind


def _pet_sitting(pet: Pet):
    def kind(rng: Rng) -> Sketch:
        coat = _fur(rng)
        sketch = Sketch("ground", 5)
        wide = rng.uniform(0.5, 0.62) * pet.slim
        if pet is CAT:
            sketch.limb([(wide * 0.7, 0.75), (wide + 0.35, 0.72), (wide + 0.5, 0.3)], [0.08, 0.06], coat.base, BACK)
        else:
            sketch.limb([(wide * 0.7, 0.75), (wide + 0.25, 0.6), (wide + 0.3, 0.35)], [0.08, 0.04], coat.base, BACK)
        for side in (-1, 1):
            sketch.ellipse(side * wide * 0.8, 0.62, 0.26, 0.26, coat.far, BACK + 20)
        sketch.mirrored([(0, -0.5), (0.3, -0.4), (wide * 0.8, 0.1), (wide, 0.6), (wide * 0.7, 0.85), (0, 0.88)],
                        coat.base, BODY)
        _mark_body(sketch, rng, coat, (-wide, -0.4, wide, 0.85))
        if chance(rng, 0.5):
            sketch.mirrored([(0, -0.4), (0.2, -0.3), (0.22, 0.2), (0, 0.5)], coat.light)
        paws = coat.light if chance(rng, 0.4) else coat.base
        for side in (-1, 1):
            _leg(sketch, side * 0.2, 0.0, side * 0.19, 0.84, 0.14, 0, coat.base, NEAR)
            sketch.ellipse(side * 0.2, 0.88, 0.15, 0.09, paws)
            sketch.ellipse(side * wide * 0.85, 0.86, 0.18, 0.08, paws, NEAR - 10)
        sketch.add(pet.front(rng, coat), rng.uniform(-0.08, 0.08), -0.72, rng.uniform(0.5, 0.62), rng.uniform(-12, 12))
        return sketch

    return kind


def _pet_sitting_side(pet: Pet):
    def kind(rng: Rng) -> Sketch:
        coat = _fur(rng)
        sketch = Sketch("ground", 5)
        pet.tail(sketch, rng, coat, (-0.5, 0.75), up=False)
        _leg(sketch, 0.22, 0.0, 0.28, 0.85, 0.11, 0.03, coat.far, BACK + 20)
        sketch.blob([(0.32, -0.6), (0.42, -0.1), (0.25, 0.45), (0.1, 0.82), (-0.5, 0.86), (-0.64, 0.5), (-0.4, 0.0),
                     (-0.02, -0.55)], coat.base, BODY)
        _mark_body(sketch, rng, coat, (-0.65, -0.5, 0.4, 0.85))
        sketch.ellipse(-0.3, 0.6, 0.3, 0.27, coat.base, NEAR)
        sketch.ellipse(-0.08, 0.85, 0.2, 0.07, coat.base)
        _leg(sketch, 0.28, 0.0, 0.34, 0.84, 0.12, -0.02, coat.base, NEAR)
        sketch.ellipse(0.4, 0.88, 0.13, 0.07, coat.light)
        head = pet.profile(rng, coat) if chance(rng, 0.6) else pet.front(rng, coat)
        sketch.add(head, 0.2, -0.8, rng.uniform(0.44, 0.56), rng.uniform(-12, 8))
        return sketch

    return kind


def _pet_walking(pet: Pet):
    def kind(rng: Rng) -> Sketch:
        coat = _fur(rng)
        sketch = Sketch("ground", 5)
        long, leg, thick = rng.uniform(0.55, 0.72), rng.uniform(0.32, 0.58), rng.uniform(0.22, 0.3) * pet.slim
        floor = thick + leg
        stride = rng.uniform(-0.3, 0.3)
        pet.tail(sketch, rng, coat, (-long, -thick * 0.6), up=chance(rng, 0.6))
        _leg(sketch, long * 0.8, 0, long * 0.8 - stride, floor, 0.12, -0.02, coat.far, BACK)
        _leg(sketch, -long * 0.8, 0, -long * 0.8 + stride, floor, 0.13, -0.1, coat.far, BACK)
        sketch.blob([(long, -0.1), (long * 0.7, -thick), (0, -thick * 0.85), (-long * 0.7, -thick), (-long, -0.05),
                     (-long * 0.8, thick), (0, thick * 0.8), (long * 0.75, thick)], coat.base, BODY)
        _mark_body(sketch, rng, coat, (-long, -thick, long, thick))
        paws = coat.light if chance(rng, 0.4) else coat.base
        for x, bend in ((long * 0.72, 0.02), (-long * 0.72, -0.08)):
            foot = x + stride * (1 if x > 0 else -1) * rng.uniform(0.7, 1)
            _leg(sketch, x, thick * 0.2, foot, floor, 0.14, bend, coat.base, NEAR)
            sketch.ellipse(foot + 0.05, floor, 0.12, 0.065, paws)
        size = rng.uniform(0.42, 0.54)
        hx, hy = long + rng.uniform(0.05, 0.2), -thick - rng.uniform(0.0, 0.28)
        sketch.limb([(long * 0.7, -0.02), (hx, hy)], [thick * 0.8, size * 0.62], coat.base, BODY + 5)
        head = pet.profile(rng, coat) if chance(rng, 0.5) else pet.front(rng, coat)
        sketch.add(head, hx, hy, size, rng.uniform(-10, 20))
        return sketch

    return kind


def _pet_lying(pet: Pet):
    def kind(rng: Rng) -> Sketch:
        coat = _fur(rng)
        sketch = Sketch("ground", 4)
        sketch.limb([(-0.8, 0.3), (-1.1, 0.42), (-1.0, 0.5), (-0.6, 0.48)], [0.08, 0.06], coat.base, BACK)
        rise = rng.uniform(0.36, 0.46)
        sketch.blob([(0.75, -0.05), (0.4, -rise * 0.7), (-0.2, -rise * 0.8), (-0.75, -rise * 0.6), (-0.98, 0.1), (-0.85, 0.46),
                     (0, 0.5), (0.7, 0.48), (0.85, 0.25)], coat.base, BODY)
        _mark_body(sketch, rng, coat, (-0.95, -0.4, 0.7, 0.45))
        sketch.ellipse(-0.55, 0.2, 0.34, 0.28, coat.base, BODY + 15)
        sketch.limb([(-0.5, 0.44), (-0.15, 0.46)], [0.08], coat.base)
        sketch.limb([(0.55, 0.4), (1.05, 0.46)], [0.1, 0.08], coat.far, NEAR)
        sketch.limb([(0.4, 0.44), (0.92, 0.5)], [0.11, 0.09], coat.light if chance(rng, 0.4) else coat.base, NEAR + 10)
        head = pet.front(rng, coat) if chance(rng, 0.7) else pet.profile(rng, coat)
        sketch.add(head, 0.62, rng.uniform(-0.3, 0.05), rng.uniform(0.42, 0.54), rng.uniform(-12, 15))
        return sketch

    return kind


def _pet_kinds(pet: Pet) -> tuple:
    return (_pet_face(pet), _pet_sitting(pet), _pet_walking(pet), _pet_sitting_side(pet), _pet_lying(pet))


# ---- deer and horse


class Hoofed(NamedTuple):
    """What tells deer and horse apart on a shared body."""

    name: str
    neck: float  # half-width
    muzzle: float  # depth of the muzzle
    leg: float  # half-width


DEER, HORSE = Hoofed("deer", 0.13, 0.16, 0.085), Hoofed("horse", 0.18, 0.24, 0.105)


def _hide(rng: Rng, animal: Hoofed) -> Coat:
    patterns = ("plain", "plain", "spots", "plain") if animal is DEER else ("plain", "plain", "plain", "patches")
    coat = _coat(rng, HIDE, patterns)
    return coat._replace(mark=pick(rng, (WHITE, darker(coat.base, 0.5))), light=lighter(coat.base, 0.65))


def _antlers(head: Sketch, rng: Rng, root: tuple[float, float], lean: float, size: float, depth: int) -> None:
    """Two beams with tines; ``lean`` is how far they bend back per unit of height."""
    color = jitter(rng, (188, 160, 122))
    x, y = root
    points = int(rng.integers(2, 4))
    for side, shift in ((1, 0.0), (-1, -0.12)):
        beam = np.array([(x + shift, y), (x + shift - (lean + 0.3 * side) * size * 0.6, y - 0.5 * size),
                         (x + shift - (lean * 0.6 + 0.3 * side) * size, y - 1.1 * size)])
        head.limb(beam, [0.08, 0.07, 0.05], color, depth)
        for t in np.linspace(0.3, 0.8, points):
            bx, by = beam[0] + (beam[2] - beam[0]) * t + (-0.06 * side * size, 0)
            head.limb([(bx, by), (bx + 0.12 * size, by - 0.35 * size)], [0.06, 0.04], color)


def _hoofed_profile(rng: Rng, animal: Hoofed, coat: Coat, antlers: bool) -> Sketch:
    """The joint of head and neck at the origin, the muzzle about one unit to the right."""
    head = Sketch()
    deep = animal.muzzle
    if animal is DEER:
        head.blob([(0.0, -0.2), (-0.22, -0.55), (-0.5, -0.62), (-0.3, -0.3)], coat.far, HEAD - 20)
    else:
        head.polygon([(-0.05, -0.2), (0.02, -0.62), (0.18, -0.22)], coat.far, HEAD - 20)
    if antlers:
        _antlers(head, rng, (0.1, -0.2), 0.35, rng.uniform(0.9, 1.3), HEAD - 10)
    head.blob([(-0.14, 0.02), (0.0, -0.26), (0.32, -0.24), (0.72, -deep * 0.6), (1.0, -deep * 0.25 + 0.08), (1.02, deep + 0.06),
               (0.8, deep + 0.1), (0.4, 0.14 + deep * 0.9), (0.05, 0.16 + deep)], coat.base, HEAD)
    if animal is DEER:
        head.ellipse(0.86, deep + 0.02, 0.16, 0.09, coat.light, clipped=True)
        head.ellipse(0.98, deep * 0.2 + 0.04, 0.09, 0.09, BLACK)
        head.blob([(0.1, -0.18), (0.0, -0.6), (-0.26, -0.72), (-0.14, -0.3)], coat.base, HEAD + 8)
        head.blob([(0.05, -0.26), (-0.03, -0.52), (-0.18, -0.6), (-0.09, -0.3)], mix(coat.light, (200, 150, 140), 0.4))
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
        sketch.limb([(x, y), (x - rng.uniform(0, 0.08), y + width * rng.uniform(1.6, 2.4))], [width * 0.8, 0.02], color)


def _hoofed_tail(sketch: Sketch, rng: Rng, animal: Hoofed, coat: Coat, hair: Color, root, flow: float) -> None:
    x, y = root
    if animal is DEER:
        sketch.blob([(x + 0.1, y - 0.06), (x - 0.1, y - 0.04), (x - 0.15, y + 0.18), (x + 0.02, y + 0.2)], coat.light, BODY + 20)
        sketch.limb([(x + 0.02, y - 0.02), (x - 0.1, y + 0.1)], [0.05, 0.035], coat.far)
        return
    path = [(x + 0.05, y), (x - 0.12 - flow * 0.2, y + 0.1), (x - 0.16 - flow * 0.5, y + 0.6 - flow * 0.4)]
    sketch.limb(path, [0.07, 0.13, 0.06], hair, BACK + 10)


def _hoofed_legs(sketch, animal, coat, long, top, floor, feet, far, socks) -> None:
    """Two legs with hooves; ``feet`` are the offsets of the fore and the hind foot, ``floor`` their height."""
    color, depth = (coat.far, BACK) if far else (coat.base, NEAR)
    for (x, bend), (dx, lift) in zip(((long * 0.74, 0.03), (-long * 0.78, -0.1)), feet):
        foot, bottom = x + dx, floor - lift
        _leg(sketch, x, top, foot, bottom, animal.leg * 1.35, bend + 0.35 * dx, color, depth)
        if socks:
            sketch.limb([(foot - dx * 0.12, bottom - 0.16), (foot, bottom)], [animal.leg * 0.6], coat.light)
        sketch.polygon([(foot - 0.05, bottom - 0.02), (foot + 0.06, bottom - 0.02), (foot + 0.09, bottom + 0.08),
                        (foot - 0.07, bottom + 0.08)], (44, 38, 36))


def _hoofed_body(animal: Hoofed, pose: str):
    def kind(rng: Rng) -> Sketch:
        coat = _hide(rng, animal)
        hair = pick(rng, (darker(coat.base, 0.55), BLACK, lighter(coat.base, 0.4), (222, 206, 170)))
        sketch = Sketch("ground", 5)
        young = pose == "standing" and chance(rng, 0.25)
        if young and animal is DEER:
            coat = coat._replace(pattern="spots", light=WHITE)
        long, thick = rng.uniform(0.55, 0.7) * (0.82 if young else 1), rng.uniform(0.22, 0.28)
        floor = thick + rng.uniform(0.55, 0.75)
        running = pose == "running"
        lift = rng.uniform(0, 0.25) if running else 0
        feet = [(rng.uniform(-0.12, 0.12), 0), (rng.uniform(-0.12, 0.12), 0)]
        far_feet = [(rng.uniform(-0.15, 0.15), 0), (rng.uniform(-0.15, 0.15), 0)]
        if running:
            reach = rng.uniform(0.2, 0.5)
            feet, far_feet = [(reach, lift), (-reach, lift * 0.6)], [(reach * 0.5, lift * 0.3), (-reach * 0.4, lift)]
        socks = chance(rng, 0.3)
        _hoofed_legs(sketch, animal, coat, long, 0, floor, far_feet, True, socks)
        _hoofed_tail(sketch, rng, animal, coat, hair, (-long - 0.02, -thick * 0.75), 1.0 if running else rng.uniform(0, 0.3))
        sketch.blob([(long + 0.06, 0.0), (long * 0.72, -thick * 1.05), (0, -thick * 0.85), (-long * 0.65, -thick * 1.05),
                     (-long - 0.06, -thick * 0.3), (-long * 0.85, thick * 0.75), (0, thick * 0.9), (long * 0.75, thick)],
                    coat.base, BODY)
        _mark_body(sketch, rng, coat, (-long, -thick, long, thick))
        if animal is DEER:
            sketch.ellipse(0, thick * 0.95, long * 0.6, thick * 0.3, coat.light, clipped=True)
            if chance(rng, 0.5):
                sketch.ellipse(-long, 0, 0.14, 0.24, coat.light, clipped=True)
        _hoofed_legs(sketch, animal, coat, long, thick * 0.1, floor, feet, False, socks)
        _neck_and_head(sketch, rng, animal, coat, hair, pose, (long * 0.78, -thick * 0.35), floor, young)
        return sketch

    return kind


def _neck_and_head(sketch, rng, animal, coat, hair, pose, shoulder, floor, young) -> None:
    x, y = shoulder
    rise = rng.uniform(0.5, 0.72) * (0.8 if young else 1)
    head_at, angle = (x + rng.uniform(0.18, 0.38), y - rise), rng.uniform(15, 45)
    if pose == "grazing":
        head_at, angle = (x + rng.uniform(0.4, 0.5), floor * rng.uniform(0.3, 0.45)), rng.uniform(50, 70)
    if pose == "running":
        head_at, angle = (x + rng.uniform(0.4, 0.5), y - rise * 0.8), rng.uniform(10, 30)
    hx, hy = head_at
    middle = ((x + hx) / 2 - 0.02, (y + hy) / 2)
    sketch.limb([(x - 0.08, y + 0.08), middle, head_at], [animal.neck * 1.55, animal.neck, animal.neck * 0.75], coat.base, BODY + 12)
    antlers = animal is DEER and not young and chance(rng, 0.75)
    sketch.add(_hoofed_profile(rng, animal, coat, antlers), hx, hy, rng.uniform(0.54, 0.64) * (0.85 if young else 1), angle)
    if animal is HORSE:
        up = np.array([-(hy - y), hx - x])
        up = up / np.sqrt((up**2).sum()) * animal.neck * 0.75 * -1
        line = [np.array(p) + up * k for p, k in (((hx + 0.02, hy - 0.02), 1.0), (middle, 1.1), ((x - 0.12, y), 1.3))]
        _mane(sketch, rng, line, hair, 0.1)


def _hoofed_portrait(animal: Hoofed):
    """Head and neck in profile."""

    def kind(rng: Rng) -> Sketch:
        coat = _hide(rng, animal)
        hair = pick(rng, (darker(coat.base, 0.55), BLACK, lighter(coat.base, 0.4)))
        sketch = Sketch("bust", 6)
        wide = animal.neck * 1.5
        sketch.limb([(-0.75, 1.3), (-0.5, 0.6), (-0.05, 0.08)], [wide * 1.9, wide * 1.4, wide * 0.9], coat.base, BODY)
        if animal is HORSE:
            _mane(sketch, rng, [(0.06, -0.26), (-0.42, 0.0), (-0.72, 0.4), (-1.0, 1.0)], hair, 0.13)
        sketch.add(_hoofed_profile(rng, animal, coat, animal is DEER and chance(rng, 0.65)), 0, 0, 1.0, rng.uniform(10, 45))
        if animal is HORSE and chance(rng, 0.5):
            sketch.limb([(0.05, -0.2), (0.3, 0.0), (0.45, 0.4)], [0.03], (110, 40, 36))
        return sketch

    return kind


def _hoofed_face(animal: Hoofed):
    """Head on: a long face, ears, antlers or a forelock."""

    def kind(rng: Rng) -> Sketch:
        coat = _hide(rng, animal)
        sketch = Sketch("bust", 8)
        wide = animal.neck * 3
        sketch.mirrored([(0, 0.2), (wide * 0.8, 0.4), (wide, 1.2), (wide * 1.2, 1.9), (0, 1.95)], darker(coat.base, 0.15), BODY)
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
        sketch.mirrored([(0, -0.72), (0.32, -0.62), (0.44, -0.2), (0.32, 0.3), (end, 0.7), (end * 0.95, 0.98), (0, 1.06)], coat.base, HEAD)
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
            sketch.blob([(-0.22, -0.78), (0.2, -0.8), (0.16, -0.3), (0.04, -0.05), (-0.1, -0.35)], hair, HEAD + 10)
        for side in (-1, 1):
            sketch.ellipse(side * 0.34, -0.16, 0.09, 0.1, BLACK, HEAD)
            sketch.ellipse(side * 0.34 + 0.03, -0.2, 0.03, 0.03, WHITE)
        return sketch

    return kind


def _hoofed_kinds(animal: Hoofed) -> tuple:
    poses = tuple(_hoofed_body(animal, pose) for pose in ("standing", "grazing", "running"))
    return (*poses, _hoofed_portrait(animal), _hoofed_face(animal))


CAT_KINDS, DOG_KINDS = _pet_kinds(CAT), _pet_kinds(DOG)
DEER_KINDS, HORSE_KINDS = _hoofed_kinds(DEER), _hoofed_kinds(HORSE)
