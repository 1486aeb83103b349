"""What drawings of networks are made of: lattices, stacks of maps, pictures, arrows, words; in inches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

from course_utils.plots.frame import FAINT, INK

Colour = str
WIDE = 7.8  # inches of a drawing
SHEET = 0.05  # inches from one map of a stack to the next
SMALL = 8  # font size


def canvas(ax: Axes, height: float) -> None:
    """Make a unit of ``ax`` an inch, from (0, 0) to ``WIDE`` and ``height``, without axes."""
    ax.set(xlim=(0, WIDE), ylim=(0, height), aspect="equal", xticks=[], yticks=[])
    ax.axis("off")


def block(ax: Axes, left: float, bottom: float, size: tuple[float, float], fill: Colour) -> None:
    """A filled rectangle; ``size`` is its width and height."""
    ax.add_patch(Rectangle((left, bottom), *size, facecolor=fill, edgecolor=INK, lw=0.8))


def lattice(
    ax: Axes,
    left: float,
    bottom: float,
    cells: int,
    cell: float,
    fill: Colour | Callable[[int, int], Colour] = "white",
) -> None:
    """A square of ``cells`` by ``cells``; ``fill`` may depend on row (from the top) and column."""
    for row in range(cells):
        for column in range(cells):
            colour = fill if isinstance(fill, str) else fill(row, column)
            corner = (left + column * cell, bottom + (cells - 1 - row) * cell)
            ax.add_patch(Rectangle(corner, cell, cell, facecolor=colour, edgecolor=FAINT, lw=0.5))
    ax.add_patch(Rectangle((left, bottom), cells * cell, cells * cell, fill=False, edgecolor=INK, lw=0.8))


def frame(ax: Axes, left: float, bottom: float, side: float, colour: Colour) -> None:
    """A thick square line."""
    ax.add_patch(Rectangle((left, bottom), side, side, fill=False, edgecolor=colour, lw=2.2))


def maps(ax: Axes, left: float, middle: float, side: float, number: int, fill: Colour) -> float:
    """A stack of ``number`` square maps around the height ``middle``; returns its width."""
    depth = SHEET * (number - 1)
    bottom = middle - (side + depth) / 2
    for i in reversed(range(number)):
        block(ax, left + SHEET * i, bottom + SHEET * i, (side, side), fill)
    return side + depth


def picture(ax: Axes, image: np.ndarray, left: float, bottom: float, side: float) -> None:
    """An image, float ``[H, W, 3]`` in 0..1, as a square."""
    ax.imshow(image, extent=(left, left + side, bottom, bottom + side), interpolation="nearest", zorder=1)
    block(ax, left, bottom, (side, side), "none")


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: Colour = INK) -> None:
    """A straight arrow."""
    look: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "lw": 1.1, "color": colour}
    ax.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, **look))


def word(ax: Axes, x: float, y: float, text: str, **look: Any) -> None:
    """Small words around a place."""
    ax.text(x, y, text, **{"ha": "center", "va": "center", "size": SMALL, **look})


def scene(side: int = 64) -> np.ndarray:
    """A picture to take apart: sky, sun, hills and a house, float ``[side, side, 3]`` in 0..1."""
    y, x = np.mgrid[0:side, 0:side] / side
    sky = np.stack([0.45 + 0.4 * y, 0.65 + 0.25 * y, 0.95 - 0.05 * y], axis=-1)
    places = {
        (0.98, 0.82, 0.25): (x - 0.74) ** 2 + (y - 0.22) ** 2 < 0.12**2,
        (0.45, 0.62, 0.42): y > 0.58 + 0.10 * np.sin(7 * x + 1),
        (0.24, 0.45, 0.26): y > 0.76 + 0.06 * np.sin(9 * x + 3),
        (0.86, 0.78, 0.66): (abs(x - 0.32) < 0.14) & (abs(y - 0.66) < 0.13),
        (0.70, 0.25, 0.20): (y > 0.36) & (y < 0.54) & (abs(x - 0.32) < y - 0.35),
        (0.35, 0.25, 0.20): (abs(x - 0.32) < 0.04) & (y > 0.66) & (y < 0.79),
    }
    for colour, where in places.items():
        sky[where] = colour
    return sky
