"""Backbones side by side: the maps of their stages to scale, and where their weights lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.plots.frame import INK, CourseFigure, house_style, new_figure, write_alt_text
from course_utils.plots.ideas import CONVOLUTION, DATA, STRONG
from course_utils.plots.shapes import arrow, block, canvas, word

if TYPE_CHECKING:
    from course_utils.models.by_stage import Stage

PIXEL, MAP_PIXEL = 0.011, 0.055  # inches, of the picture and of a map: maps of one to three pixels must show
TALLEST = 0.75  # inches of the largest bar
FIRST, STEP, BAR = 1.65, 1.1, 0.6  # inches: middle of the picture, from stage to stage, width of a bar
ABOVE, BELOW = 0.4, 0.32  # inches for words


@house_style()
def backbones(networks: Mapping[str, tuple[int, Sequence[Stage]]], *, title: str) -> CourseFigure:
    """A row for each network: its maps as squares above a line, its weights as bars below it.

    Args:
        networks: for each name the side of the picture in pixels and the stages
            (:func:`course_utils.models.by_stage.stages`).
    """
    largest = max(stage.parameters for _, found in networks.values() for stage in found)
    inch = TALLEST / largest
    tops = [_top(pixels, found) for pixels, found in networks.values()]
    heights = [above + _depth(found, inch) for above, (_, found) in zip(tops, networks.values())]
    note = "squares: picture, and maps 5 times enlarged; bars: weights; hatched: idle, they meet only padding"
    fig = new_figure(title, ("shapes alone, no data", note), height=sum(heights))
    ax = fig.add_subplot()
    canvas(ax, sum(heights))
    top, words = sum(heights), []
    for above, height, (name, (pixels, found)) in zip(tops, heights, networks.items()):
        words.append(_row(ax, top - above, name, pixels, found, inch))
        top -= height
    return write_alt_text(fig, *words)


def _top(pixels: int, found: Sequence[Stage]) -> float:
    """Inches above the line: the tallest square, and its words."""
    return ABOVE + max(PIXEL * pixels, *(MAP_PIXEL * stage.side for stage in found), 0.0)


def _depth(found: Sequence[Stage], inch: float) -> float:
    return inch * max(stage.parameters for stage in found) + BELOW


def _row(ax: Axes, base: float, name: str, pixels: int, found: Sequence[Stage], inch: float) -> str:
    """One network, its line at the height ``base``; returns it in words."""
    ax.plot([FIRST - 0.5, FIRST + STEP * len(found) + 0.45], [base, base], color=INK, lw=0.8)
    word(ax, 0.55, base + 0.2, name, size=10, weight="bold")
    word(ax, 0.55, base - 0.12, "weights\n(millions)")
    _square(ax, FIRST, base, PIXEL * pixels, DATA)
    word(ax, FIRST, base + PIXEL * pixels + 0.2, f"picture\n3 x {pixels}x{pixels}")
    said = []
    for i, stage in enumerate(found, start=1):
        x = FIRST + STEP * i
        arrow(ax, (x - 0.7, base + 0.07), (x - 0.4, base + 0.07))
        side = MAP_PIXEL * stage.side
        _square(ax, x, base, side, CONVOLUTION)
        word(ax, x, base + side + 0.2, f"{stage.name}\n{stage.channels} x {stage.side}x{stage.side}")
        said.append(_weights(ax, x, base, stage, inch))
    return f"{name}, picture of {pixels} pixels: {'; '.join(said)}"


def _square(ax: Axes, middle: float, base: float, side: float, fill: str) -> None:
    block(ax, middle - side / 2, base, (side, side), fill)


def _weights(ax: Axes, x: float, base: float, stage: Stage, inch: float) -> str:
    """A bar down from the line, its idle part hatched; returns the stage in words."""
    size, idle = inch * stage.parameters, inch * stage.idle
    block(ax, x - BAR / 2, base - size, (BAR, size), STRONG["convolution"])
    if idle:
        corner = (x - BAR / 2, base - size)
        ax.add_patch(Rectangle(corner, BAR, idle, facecolor="white", edgecolor=INK, hatch="////", lw=0.8))
    text = f"{stage.parameters / 1e6:.2f}"
    part = f"{stage.idle / 1e6:.2f} idle" if idle else ""
    word(ax, x, base - size - 0.12, f"{text}, {part}" if part else text)
    shape = f"{stage.channels} maps of {stage.side}x{stage.side}"
    return f"{stage.name} {shape}, {text} million weights{', ' + part if part else ''}"
