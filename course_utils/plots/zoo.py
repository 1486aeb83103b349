"""Figures of the model zoo: accuracy against cost and input size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from course_utils.errors import DataError
from course_utils.plots.frame import (
    FAINT,
    INK,
    CourseFigure,
    display_names,
    house_style,
    legible,
    mark_chance,
    new_figure,
    series_style,
    write_alt_text,
)
from course_utils.plots.labels import label_points
from course_utils.tables import count, percent

LONGEST = 22  # letters of a model's name
AREAS_SHOWN = (0.3, 4, 16)  # GMAC, in the legend
SMALL_PRINT: dict[str, Any] = {"textcoords": "offset points", "size": 9}
BARS = "; bars: two standard errors"


@house_style()
def zoo_accuracy(
    rows: Sequence[Mapping],
    column: str,
    *,
    title: str,
    data: str = "ImageNet-1k validation",
    pair: Sequence[str] = (),
    ringed: tuple[str, Sequence[str]] = ("", ()),
) -> CourseFigure:
    """Published top-1 accuracy against a cost on a logarithmic axis, a style for each family.

    The area of a point grows with the root of its multiply-adds.

    Args:
        rows: with ``model``, ``family``, ``GMAC``, ``top-1`` (fraction; rows without are left out) and
            ``column``.
        column: the cost, with its unit: ``"parameters (M)"`` or ``"GMAC"``.
        pair: two models of which the title speaks: a line joins them.
        ringed: what a ring means, and the models that have one.
    """
    known = [row for row in rows if row["top-1"] is not None]
    if not known:
        raise DataError("no row has a published accuracy.", expected="a `top-1` that is not None")
    rings = f"; ring: {ringed[0]}" if ringed[0] else ""
    note = f"published: one network, one crop; the larger a point, the more multiply-adds{rings}"
    fig = new_figure(title, (data, count(len(known), "model"), note), height=4.6)
    ax = fig.add_subplot()
    families = list(dict.fromkeys(row["family"] for row in known))
    for i, family in enumerate(families):
        some = [row for row in known if row["family"] == family]
        (colour, marker), areas = series_style(i), [_area(row["GMAC"]) for row in some]
        x, y = [row[column] for row in some], [100 * row["top-1"] for row in some]
        ax.scatter(x, y, areas, color=colour, marker=marker, alpha=0.85)
    joined = [(row[column], 100 * row["top-1"]) for name in pair for row in known if row["model"] == name]
    between: list[tuple[float, float]] = []
    if len(joined) == 2:
        (x0, y0), (x1, y1) = joined
        between = list(zip(np.geomspace(x0, x1, 40), np.linspace(y0, y1, 40)))
        ax.plot(*zip(*joined), color=INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    ax.set(xscale="log", xlabel=legible(column), ylabel="top-1 accuracy (%)")
    ax.margins(x=0.14, y=0.16)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for row in (row for row in known if row["model"] in ringed[1]):
        side = _area(row["GMAC"]) ** 0.5 + 4
        ax.plot(row[column], 100 * row["top-1"], "o", markersize=side, fillstyle="none", color=INK)
    _legend_of_areas(ax, families)
    points = [(row[column], 100 * row["top-1"]) for row in known]
    label_points(ax, points, display_names([row["model"] for row in known], "model", LONGEST), between)
    words = [
        f"{row['model']} {percent(row['top-1'])} at {row[column]:.3g}, {row['GMAC']:.2f} GMAC"
        for row in known
    ]
    with_ring = f"Ring: {ringed[0]}: {', '.join(ringed[1])}" if ringed[0] else ""
    scatter = f"Scatter plot of top-1 accuracy against {column}: {'; '.join(words)}"
    return write_alt_text(fig, scatter, with_ring)


def _area(gmac: float) -> float:
    """Of a point, in square points of print."""
    return 40 * gmac**0.5


def _legend_of_areas(ax: Axes, families: Sequence[str]) -> None:
    """The families, and what three areas stand for."""
    handles = []
    for i in range(len(families)):
        colour, marker = series_style(i)
        handles.append(Line2D([], [], color=colour, marker=marker, linestyle=""))
    for gmac in AREAS_SHOWN:
        side = _area(gmac) ** 0.5
        handles.append(Line2D([], [], color="0.6", marker="o", markersize=side, linestyle=""))
    texts = [*families, *(f"{gmac:g} GMAC" for gmac in AREAS_SHOWN)]
    ax.legend(handles, texts, loc="lower left", frameon=False, fontsize=9)


@house_style()
def accuracy_by_size(
    panels: Mapping[str, Mapping[str, Mapping[int, float]]],
    *,
    title: str,
    chances: Sequence[float],
    images: Sequence[int] = (),
) -> CourseFigure:
    """Accuracy of each set of weights by the size of its input, a panel for each run.

    Args:
        panels: for each run, named by its data, the accuracies (fractions) of each set by pixels a side.
        chances: what guessing gives in each run, a fraction: another number of classes, another one.
        images: how many each run was measured on: bars then show two standard errors.
    """
    measured = f"validation accuracy of a linear probe{BARS if images else ''}"
    fig = new_figure(title, ("one run of each", measured), height=3.6)
    axes = fig.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    sizes = sorted({size for lines in panels.values() for line in lines.values() for size in line})
    words, guessing = [], []
    for ax, (run, lines), n, chance in zip(axes, panels.items(), images or len(panels) * [0], chances):
        for i, (name, line) in enumerate(lines.items()):
            colour, marker = series_style(i)
            ax.plot(list(line), [100 * y for y in line.values()], marker=marker, color=colour, label=name)
            _error_bars(ax, list(line), list(line.values()), n, colour)
            points = ", ".join(f"{percent(y)} at {size} px" for size, y in line.items())
            words.append(f"{run}, {name}: {points}")
        _number_ends(ax, list(lines.values()), n)
        ax.set_title(legible(run), size=10, loc="left")
        ax.set(xlabel="input size (pixels a side)", xticks=sizes)
        ax.margins(x=0.1, y=0.12)
        guessing.append(mark_chance(ax, chance))
    axes[0].set_ylabel("accuracy (%)")
    axes[-1].legend(loc="lower right", bbox_to_anchor=(1, 0.12), frameon=False, fontsize=9)
    return write_alt_text(fig, f"Line charts. {'; '.join(words)}", *dict.fromkeys(guessing))


def _two_errors(accuracy: float, n: int) -> float:
    """Two standard errors of an accuracy (fraction) on ``n`` images, in points; 0 without a number."""
    return 200 * (accuracy * (1 - accuracy) / n) ** 0.5 if n else 0.0


def _error_bars(ax: Axes, x: Sequence[float], accuracies: Sequence[float], n: int, colour: str) -> None:
    """Two standard errors of the images, up and down from each point; nothing without their number."""
    if n:
        errors = [_two_errors(y, n) for y in accuracies]
        ax.errorbar(x, [100 * y for y in accuracies], errors, fmt="none", ecolor=colour, elinewidth=1.2)


def _number_ends(ax: Axes, lines: Sequence[Mapping[int, float]], n: int) -> None:
    """Write the accuracies at the first and the last size: the highest above its bar, others below."""
    for size in {min(lines[0]), max(lines[0])}:
        highest, *others = sorted((line[size] for line in lines), reverse=True)
        at, look = (size, 100 * highest + _two_errors(highest, n)), {**SMALL_PRINT, "ha": "center"}
        ax.annotate(f"{100 * highest:.1f}", at, (0, 7), **look, va="bottom")
        for other in others:
            at = (size, 100 * other - _two_errors(other, n))
            ax.annotate(f"{100 * other:.1f}", at, (0, -7), **look, va="top")


@house_style()
def price_of_size(
    sizes: Mapping[int, tuple[float, float]],
    *,
    title: str,
    data: str,
    chosen: int | None = None,
    images: int = 0,
) -> CourseFigure:
    """Accuracy by what it costs: one network at several sizes of its input, with what each step buys.

    Args:
        sizes: multiply-adds (10^9) and accuracy (fraction) by pixels a side, from small to large.
        chosen: a size to ring.
        images: how many it was measured on: bars then show two standard errors.
    """
    note = f"validation accuracy of a linear probe; one run of each{BARS if images else ''}"
    fig = new_figure(title, (data, note), height=3.3)
    ax = fig.add_subplot()
    work, accuracy = [gmac for gmac, _ in sizes.values()], [round(100 * y, 1) for _, y in sizes.values()]
    colour, marker = series_style(1)  # that of EfficientNet-Lite0 beside ResNet-18
    ax.plot(work, accuracy, marker=marker, color=colour)
    _error_bars(ax, work, [y / 100 for y in accuracy], images, colour)
    for pixels, x, y in zip(sizes, work, accuracy):
        ax.annotate(f"{pixels} px: {y:.1f} %", (x, y), (-6, 9), **SMALL_PRINT, ha="right")
    steps = [
        f"+{y1 - y0:.1f} points for {x1 / x0:.1f} times the work"
        for x0, x1, y0, y1 in zip(work, work[1:], accuracy, accuracy[1:])
    ]
    for step, x0, x1, y0, y1 in zip(steps, work, work[1:], accuracy, accuracy[1:]):
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        ax.annotate(step, middle, (8, -17), **SMALL_PRINT, color=FAINT, ha="left")
    if chosen is not None and chosen in sizes:
        ax.plot(sizes[chosen][0], 100 * sizes[chosen][1], "o", markersize=15, fillstyle="none", color=INK)
    ax.set(xlabel="multiply-adds a picture (GMAC)", ylabel="accuracy (%)", xlim=(0, 1.12 * max(work)))
    ax.margins(y=0.25)
    points = [f"{y:.1f} % at {pixels} px and {x:.2f} GMAC" for pixels, x, y in zip(sizes, work, accuracy)]
    return write_alt_text(fig, f"Line chart: {'; '.join(points)}. Steps: {'; '.join(steps)}")
