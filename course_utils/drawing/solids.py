"""Simple solids seen by a camera: boxes, extruded outlines, tubes and plates, as flat shapes of a sketch."""

from __future__ import annotations

import math

import numpy as np

from course_utils.drawing.colors import Color, darker, lighter
from course_utils.drawing.sketch import Sketch


DISTANCE = 5.0  # of the viewer from the origin, in the objects' units (they are about two long)


class Camera:
    """Perspective projection of points ``(x, y, z)``: x to the right, y down, z towards the viewer.

    Args:
        azimuth: turn about the vertical in degrees; 0 looks at the side, 90 at the end with the largest x.
        elevation: how far the viewer looks down, in degrees.
        roll: turn about the object's own x axis first, in degrees (for airplanes).
    """

    def __init__(self, azimuth: float, elevation: float, roll: float = 0.0):
        a, e, r = (math.radians(v) for v in (azimuth, elevation, roll))
        about_x = np.array([[1, 0, 0], [0, math.cos(r), math.sin(r)],
                            [0, -math.sin(r), math.cos(r)]])
        about_y = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0],
                            [-math.sin(a), 0, math.cos(a)]])
        tip = np.array([[1, 0, 0], [0, math.cos(e), -math.sin(e)], [0, math.sin(e), math.cos(e)]])
        self.matrix = np.round(about_x @ about_y @ tip, 6)

    def project(self, points) -> np.ndarray:
        """Screen coordinates ``[k, 2]`` of points ``[k, 3]``."""
        turned = np.asarray(points, dtype=float) @ self.matrix
        return turned[:, :2] * DISTANCE / (DISTANCE - turned[:, 2:])

    def nearness(self, point) -> float:
        return float(np.asarray(point, dtype=float) @ self.matrix[:, 2])

    def sees(self, normal) -> bool:
        return self.nearness(normal) > 0.02


def hull(points: np.ndarray) -> np.ndarray:
    """Convex hull ``[m, 2]`` of points ``[k, 2]``."""
    ordered = sorted({(x, y) for x, y in np.round(points, 5).tolist()})

    def chain(sequence):
        out = []
        for p in sequence:
            while len(out) > 1 and ((out[-1][0] - out[-2][0]) * (p[1] - out[-2][1]) <= (out[-1][1] - out[-2][1]) * (p[0] - out[-2][0])):
                out.pop()
            out.append(p)
        return out[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def _tint(color: Color, normal: np.ndarray) -> Color:
    """Roofs lighter, ends and undersides darker."""
    if normal[1] < -0.3:
        return lighter(color, 0.18 * -normal[1])
    return darker(color, 0.12 + 0.2 * max(normal[1], 0) + 0.08 * abs(normal[0]))


def extrude(sketch: Sketch, camera: Camera, outline, half_width: float, color: Color, depth: int,
            edges: dict[int, Color] | None = None, taper: float = 1.0) -> None:
    """The solid between ``outline`` at z = -half_width and at z = +half_width.

    Args:
        outline: points ``(x, y)``, clockwise on screen.
        edges: colours of single strips by the index of their first point (a windscreen).
        taper: the half-width at the highest point in parts of that at the lowest.
    """
    outline = np.asarray(outline, dtype=float)
    top, bottom = outline[:, 1].min(), outline[:, 1].max()
    z = half_width * (taper + (1 - taper) * (outline[:, 1] - top) / max(bottom - top, 1e-6))
    near, far = np.column_stack([outline, z]), np.column_stack([outline, -z])
    for i, j in zip(range(len(outline)), [*range(1, len(outline)), 0]):
        dx, dy = outline[j] - outline[i]
        normal = np.array([dy, -dx, 0.0]) / max(math.hypot(dx, dy), 1e-6)
        if camera.sees(normal):
            strip = (edges or {}).get(i) or _tint(color, normal)
            sketch.polygon(camera.project([near[i], near[j], far[j], far[i]]), strip, depth - 8)
    sketch.polygon(camera.project(near), color, depth)


def box(sketch: Sketch, camera: Camera, x0, x1, top, bottom, half_width, color: Color,
        depth: int) -> None:
    extrude(sketch, camera, [(x0, top), (x1, top), (x1, bottom), (x0, bottom)], half_width, color,
            depth)


def plate(sketch: Sketch, camera: Camera, points, color: Color, depth: int | None = None) -> None:
    """A flat polygon in space."""
    sketch.polygon(camera.project(points), color, depth)


def panel(sketch: Sketch, camera: Camera, upper, lower, z, color: Color, depth=None) -> None:
    """An upright rectangle at ``z`` between two opposite corners ``(x, y)``."""
    (x0, y0), (x1, y1) = upper, lower
    plate(sketch, camera, [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], color, depth)


def slab(sketch: Sketch, camera: Camera, points, thickness, color: Color, depth: int) -> None:
    """A convex plate of some ``thickness`` (a vector), so that it does not vanish seen from its edge."""
    points = np.asarray(points, dtype=float)
    both = np.concatenate([points, points + np.asarray(thickness)])
    sketch.polygon(hull(camera.project(both)), color, depth)


def disc(sketch: Sketch, camera: Camera, center, radius: float, color: Color,
         depth: int | None = None) -> None:
    """A disc in the plane z = constant (a wheel)."""
    angles = np.arange(14) * math.tau / 14
    points = np.column_stack([np.cos(angles) * radius, np.sin(angles) * radius,
                              np.zeros(14)]) + center
    sketch.polygon(camera.project(points), color, depth)


def tube(sketch: Sketch, camera: Camera, stations, color: Color, depth: int) -> None:
    """A convex body along x through ``stations`` ``(x, y, z, radius)``."""
    angles = np.arange(12) * math.tau / 12
    rings = [np.column_stack([np.full(12, x), y + r * np.cos(angles), z + r * np.sin(angles)])
             for x, y, z, r in stations]
    sketch.polygon(hull(camera.project(np.concatenate(rings))), color, depth)
