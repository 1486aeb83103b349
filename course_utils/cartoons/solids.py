"""Solids seen by a camera: boxes, extruded outlines, tubes and plates, as shapes of a sketch."""

from __future__ import annotations

import math

import numpy as np

from course_utils.cartoons.colors import Color, darker, lighter
from course_utils.cartoons.sketch import Sketch

DISTANCE = 5.0  # of the viewer from the origin, in the objects' units (they are about two long)


class Camera:
    """Perspective projection of points ``(x, y, z)``: x to the right, y down, z towards the viewer.

    Args:
        azimuth: turn about the vertical in degrees; 0 looks at the side, 90 at the end with the
            largest x.
        elevation: how far the viewer looks down, in degrees.
        roll: turn about the object's own x axis first, in degrees (for airplanes).
    """

    def __init__(self, azimuth: float, elevation: float, roll: float = 0.0):
        a, e, r = (math.radians(v) for v in (azimuth, elevation, roll))
        about_x = [[1, 0, 0], [0, math.cos(r), math.sin(r)], [0, -math.sin(r), math.cos(r)]]
        about_y = [[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]]
        nod = [[1, 0, 0], [0, math.cos(e), -math.sin(e)], [0, math.sin(e), math.cos(e)]]
        self.matrix = np.round(np.array(about_x) @ about_y @ nod, 6)

    def project(self, points) -> np.ndarray:
        """Screen coordinates ``[k, 2]`` of points ``[k, 3]``."""
        turned = np.asarray(points, dtype=float) @ self.matrix
        return turned[:, :2] * DISTANCE / (DISTANCE - turned[:, 2:])

    def nearness(self, point) -> float:
        return float(np.asarray(point, dtype=float) @ self.matrix[:, 2])

    def sees(self, normal) -> bool:
        """Whether a surface with this outward normal faces the viewer."""
        return self.nearness(normal) > 0.02


class Solid(Sketch):
    """A sketch drawn in space: every method projects what it is given through the camera."""

    def __init__(self, camera: Camera, stance: str, tilt: float):
        super().__init__(stance, tilt, fuzz=0.3)
        self.camera = camera

    def plate(self, points, fill: Color, depth: int | None = None) -> None:
        """A flat polygon with corners ``(x, y, z)``."""
        self.polygon(self.camera.project(points), fill, depth)

    def panel(self, upper, lower, z: float, fill: Color, depth: int | None = None) -> None:
        """An upright rectangle at ``z`` between two opposite corners ``(x, y)``."""
        (x0, y0), (x1, y1) = upper, lower
        self.plate([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], fill, depth)

    def cross_panel(self, upper, lower, x: float, fill: Color, depth: int | None = None) -> None:
        """An upright rectangle across the object at ``x`` between opposite corners ``(y, z)``."""
        (y0, z0), (y1, z1) = upper, lower
        self.plate([(x, y0, z0), (x, y0, z1), (x, y1, z1), (x, y1, z0)], fill, depth)

    def disc(self, center, radius: float, fill: Color, depth: int | None = None) -> None:
        """A disc that faces along z (a hub cap)."""
        self.plate(_ring(center, radius), fill, depth)

    def convex(self, points, fill: Color, depth: int) -> None:
        """The outline of the convex body that these corners span."""
        self.polygon(_hull(self.camera.project(points)), fill, depth)

    def slab(self, points, thickness, fill: Color, depth: int) -> None:
        """A convex plate with a ``thickness`` (a vector), so that its edge can be seen."""
        points = np.asarray(points, dtype=float)
        self.convex(np.concatenate([points, points + np.asarray(thickness)]), fill, depth)

    def wheel(self, center, radius: float, width: float, fill: Color, depth: int) -> None:
        """A thick disc that faces along z; ``width`` runs away from the viewer."""
        self.slab(_ring(center, radius), (0, 0, -width), fill, depth)

    def tube(self, stations, fill: Color, depth: int) -> None:
        """A convex body along x through ``stations`` ``(x, y, z, radius)``."""
        rings = [_ring((z, y, 0), r)[:, [2, 1, 0]] + (x, 0, 0) for x, y, z, r in stations]
        self.convex(np.concatenate(rings), fill, depth)

    def box(self, x0, x1, top, bottom, half_width, fill: Color, depth: int) -> None:
        self.extrude([(x0, top), (x1, top), (x1, bottom), (x0, bottom)], half_width, fill, depth)

    def extrude(
        self,
        outline,
        half_width: float,
        fill: Color,
        depth: int,
        edges: dict[int, Color] | None = None,
        taper: float = 1.0,
    ) -> None:
        """The solid between ``outline`` at z = -half_width and at z = +half_width.

        Args:
            outline: points ``(x, y)``, clockwise on screen.
            edges: colours of single strips by the index of their first point (a windscreen).
            taper: the half-width at the highest point in parts of that at the lowest.
        """
        outline = np.asarray(outline, dtype=float)
        height = outline[:, 1] - outline[:, 1].min()
        z = half_width * (taper + (1 - taper) * height / max(height.max(), 1e-6))
        near, far = np.column_stack([outline, z]), np.column_stack([outline, -z])
        for i in range(len(outline)):
            j = (i + 1) % len(outline)
            dx, dy = outline[j] - outline[i]
            normal = np.array([dy, -dx, 0.0]) / max(math.hypot(dx, dy), 1e-6)
            if self.camera.sees(normal):
                strip = (edges or {}).get(i) or _tint(fill, normal)
                self.plate([near[i], near[j], far[j], far[i]], strip, depth - 8)
        self.plate(near, fill, depth)


def _hull(points: np.ndarray) -> np.ndarray:
    """Convex hull ``[m, 2]`` of points ``[k, 2]``: Andrew's monotone chain."""
    ordered = sorted({(x, y) for x, y in np.round(points, 5).tolist()})
    return np.array(_chain(ordered) + _chain(ordered[::-1]))


def _chain(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for x, y in ordered:
        while len(out) > 1:
            (ax, ay), (bx, by) = out[-2:]
            if (bx - ax) * (y - ay) > (by - ay) * (x - ax):
                break
            out.pop()
        out.append((x, y))
    return out[:-1]


_ANGLES = np.arange(14) * math.tau / 14
_UNIT_RING = np.round(np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES), np.zeros(14)]), 6)


def _ring(center, radius: float) -> np.ndarray:
    return _UNIT_RING * radius + np.asarray(center)


def _tint(color: Color, normal: np.ndarray) -> Color:
    """Roofs lighter, ends and undersides darker."""
    if normal[1] < -0.3:
        return lighter(color, 0.18 * -normal[1])
    return darker(color, 0.12 + 0.2 * max(normal[1], 0) + 0.08 * abs(normal[0]))
