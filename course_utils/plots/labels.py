"""Direct labels: names beside lines and points, moved apart where they would overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from course_utils.plots.frame import FAINT, text_width

# Where the name of a point may start, in points (1/72 inch) from it.
SIDES, HEIGHTS = (9, -9, 22, -22, 40, -40), range(-96, 97, 8)
OFFSETS = [(dx, dy) for dx in SIDES for dy in HEIGHTS] + [(0, 14), (0, -14)]
NAME, MARK = 9.5, 8.5  # font sizes
EDGE = 0.9  # of the width: a line that ends left of this is named where it ends
LEADER = {"arrowstyle": "-", "linewidth": 1, "linestyle": ":", "shrinkA": 1, "shrinkB": 3}


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Move positions in 0..1 apart until neighbours are ``gap`` apart, as little as possible.

    Least squares under the order of the positions: pool adjacent violators.
    """
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    blocks: list[list[float]] = []
    for rank, i in enumerate(order):
        blocks.append([positions[i] - rank * gap])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    pooled = [_mean(block) for block in blocks for _ in block]
    last = max(0.0, 1 - gap * (len(order) - 1))
    moved = [0.0] * len(order)
    for rank, i in enumerate(order):
        moved[i] = min(max(pooled[rank], 0.0), last) + rank * gap
    return moved


def label_right(ax: Axes) -> None:
    """Name each labelled line of ``ax`` at the right edge, with a leader from its last point.

    A line that ends earlier has its name there, without a leader: one that crossed the figure would look
    like a line that goes on.
    """
    _figure(ax).draw_without_rendering()
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_child")]
    early = _ending_early(ax, lines)
    for line in early:
        _name_at_end(ax, line)
    lines = [line for line in lines if line not in early]
    ends = [_last_point(ax, line) for line in lines]
    gap = 1.35 * NAME * _figure(ax).dpi / 72 / ax.bbox.height
    heights = spread([_axes_fraction(ax, *end)[1] for end in ends], gap)
    for line, end, height in zip(lines, ends, heights):
        text, colour = line.get_label(), line.get_color()
        _leader(ax, end, (1.04, height), text, colour, NAME, (0, 0.5), ha="left", va="center")


def _ending_early(ax: Axes, lines: Sequence[Line2D]) -> list[Line2D]:
    """The lines that end left of the edge while others go on; none where all end at the same x."""
    ends = [_last_point(ax, line) for line in lines]
    if len({x for x, _ in ends}) == 1:
        return []
    return [line for line, end in zip(lines, ends) if _axes_fraction(ax, *end)[0] < EDGE]


def _name_at_end(ax: Axes, line: Line2D) -> None:
    """Write a line's name right of its last point."""
    ax.annotate(
        str(line.get_label()),
        _last_point(ax, line),
        (8, 0),
        textcoords="offset points",
        size=NAME,
        color=line.get_color(),
        va="center",
    )


def label_top(ax: Axes, marks: Sequence[tuple[float, str]], line: bool = True) -> None:
    """Mark places on the x axis by names above the axes, and dashed lines; ``marks`` holds x, text."""
    _figure(ax).draw_without_rendering()
    longest = max((text_width(text) + 1 for _, text in marks), default=0)
    gap = 0.6 * MARK * longest * _figure(ax).dpi / 72
    places = spread([_axes_fraction(ax, x, 0)[0] for x, _ in marks], gap / ax.bbox.width)
    for (x, text), place in zip(marks, places):
        if line:
            ax.axvline(x, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        end = (x, ax.get_ylim()[1])
        _leader(ax, end, (place, 1.05), text, FAINT, MARK, (0.5, 0), ha="center", va="bottom")


def label_points(
    ax: Axes,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    others: Sequence[tuple[float, float]] = (),
) -> list[Annotation]:
    """Name points, each text near its own point and where it covers no point and no other name.

    Args:
        others: markers without a name, of which a text covers as few as it can.

    Returns:
        The names, in the order of ``points``.
    """
    _figure(ax).draw_without_rendering()
    pixels = ax.transData.transform(points)
    dots = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in _pixels(ax, others)]
    taken = [Bbox.from_bounds(x - 8, y - 8, 16, 16) for x, y in pixels]
    from_the_edge = np.linalg.norm(ax.transAxes.inverted().transform(pixels) - 0.5, axis=1).argsort()[::-1]
    named: dict[int, Annotation] = {}
    for i in from_the_edge:  # where there are fewest places for a name
        text = texts[i]

        def badness(offset: tuple[float, float], i=i, text=text) -> float:
            box = _box(ax, pixels[i], text, offset)
            covered = box.count_overlaps(taken) + (not _inside(ax.bbox, box))
            hidden = 30 * box.count_overlaps(dots) if dots else 0
            return math.hypot(*offset) + 100 * _misleading(pixels, i, offset) + 1000 * covered + hidden

        dx, dy = min(OFFSETS, key=badness)
        taken.append(_box(ax, pixels[i], text, (dx, dy)))
        ha, start = ("left", 0) if dx > 0 else ("right", 1) if dx < 0 else ("center", 0.5)
        line = LEADER | {"color": FAINT, "relpos": (start, 0.5)}
        named[i] = ax.annotate(
            text,
            points[i],
            (dx, dy),
            textcoords="offset points",
            size=NAME,
            ha=ha,
            va="center",
            arrowprops=line if math.hypot(dx, dy) > 16 else None,
        )
    return [named[i] for i in range(len(points))]


def _pixels(ax: Axes, points: Sequence[tuple[float, float]]) -> np.ndarray:
    return ax.transData.transform(points) if len(points) else np.empty((0, 2))


def _misleading(pixels: np.ndarray, i: int, offset: tuple[float, float]) -> bool:
    """Whether a text at ``offset`` from point ``i`` would start nearer to another point."""
    return bool(np.linalg.norm(pixels - pixels[i] - offset, axis=1).argmin() != i)


def _box(ax: Axes, pixel: Sequence[float], text: str, offset: tuple[float, float]) -> Bbox:
    """The pixels that ``text`` would cover at ``offset`` points from ``pixel``."""
    scale = _figure(ax).dpi / 72
    width, height = 0.6 * NAME * scale * text_width(text), 1.2 * NAME * scale
    dx, dy = (scale * d for d in offset)
    left = dx if dx > 0 else dx - width if dx < 0 else -width / 2
    return Bbox.from_bounds(pixel[0] + left, pixel[1] + dy - height / 2, width, height)


def _inside(outer: Bbox, box: Bbox) -> bool:
    return bool(np.all(outer.min <= box.min) and np.all(box.max <= outer.max))


def _leader(ax, point, place, text, colour, size, start, **align) -> None:
    """Write ``text`` at ``place`` (axes fractions) with a line to ``point`` (data units).

    The line starts at ``start``, a place in the text's own box: (0, 0.5) is the middle of its left.
    """
    line = LEADER | {"color": colour, "relpos": start}
    ax.annotate(
        text,
        point,
        place,
        textcoords="axes fraction",
        size=size,
        annotation_clip=False,
        arrowprops=line,
        **align,
    )


def _last_point(ax: Axes, line: Line2D) -> tuple[float, float]:
    """The last point that is finite; a diverged run ends in nan."""
    points = np.asarray(line.get_xydata())
    finite = [(x, y) for x, y in points if math.isfinite(y)]
    return finite[-1] if finite else (points[-1, 0], sum(ax.get_ylim()) / 2)


def _axes_fraction(ax: Axes, x: float, y: float) -> tuple[float, float]:
    right, up = ax.transAxes.inverted().transform(ax.transData.transform((x, y)))
    return float(right), float(up)


def _figure(ax: Axes) -> Figure:
    """The figure of ``ax``; ours are not figures inside of figures."""
    return cast(Figure, ax.figure)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
