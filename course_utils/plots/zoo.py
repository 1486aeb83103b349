"""Figures of the model zoo: accuracy against cost and input size, and a time line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from matplotlib.ticker import FuncFormatter

from course_utils.errors import DataError
from course_utils.plots.frame import (
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
FILLS: tuple[Literal["full", "none"], ...] = ("full", "none")  # of weights with a head, and without
ACROSS = 5  # models in a line of the time line


@house_style()
def zoo_accuracy(
    rows: Sequence[Mapping], column: str, *, title: str, data: str = "ImageNet-1k validation"
) -> CourseFigure:
    """Published top-1 accuracy against a cost on a logarithmic axis, a style for each family.

    Args:
        rows: with ``model``, ``family``, ``head``, ``top-1`` (fraction; rows without are left out) and
            ``column``.
        column: the cost, with its unit: ``"parameters (M)"`` or ``"GMAC"``.
    """
    known = [row for row in rows if row["top-1"] is not None]
    if not known:
        raise DataError("no row has a published accuracy.", expected="a `top-1` that is not None")
    note = "published: one network, one crop; self-supervised: linear probe; hollow: weights without a head"
    fig = new_figure(title, (data, count(len(known), "model"), note), height=4.6)
    ax = fig.add_subplot()
    for i, family in enumerate(dict.fromkeys(row["family"] for row in rows)):
        some = [row for row in known if row["family"] == family]
        (colour, marker), label = series_style(i), family
        for fill in FILLS:
            points = [(row[column], 100 * row["top-1"]) for row in some if _fill(row) == fill]
            if points:
                ax.plot(*zip(*points), marker, color=colour, markersize=7, fillstyle=fill, label=label)
                label = "_"  # a family once
    ax.set(xscale="log", xlabel=legible(column), ylabel="top-1 accuracy (%)")
    ax.margins(x=0.14, y=0.16)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.legend(loc="lower left", frameon=False, fontsize=9)
    points = [(row[column], 100 * row["top-1"]) for row in known]
    label_points(ax, points, display_names([row["model"] for row in known], "model", LONGEST))
    words = [f"{row['model']} {percent(row['top-1'])} at {row[column]:.3g}" for row in known]
    return write_alt_text(fig, f"Scatter plot of top-1 accuracy against {column}: {'; '.join(words)}")


def _fill(row: Mapping) -> str:
    return "none" if row["head"] == "none" else "full"


@house_style()
def accuracy_by_size(
    panels: Mapping[str, Mapping[str, Mapping[int, float]]], *, title: str, chance: float
) -> CourseFigure:
    """Accuracy of each set of weights by the size of its input, a panel for each run.

    Args:
        panels: for each run, named by its data, the accuracies (fractions) of each set by pixels a side.
        chance: what guessing gives, a fraction.
    """
    fig = new_figure(title, ("one run of each", "validation accuracy of a linear probe"), height=3.6)
    axes = fig.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    sizes = sorted({size for lines in panels.values() for line in lines.values() for size in line})
    words = []
    for ax, (run, lines) in zip(axes, panels.items()):
        for i, (name, line) in enumerate(lines.items()):
            colour, marker = series_style(i)
            ax.plot(list(line), [100 * y for y in line.values()], marker=marker, color=colour, label=name)
            points = ", ".join(f"{percent(y)} at {size} px" for size, y in line.items())
            words.append(f"{run}, {name}: {points}")
        ax.set_title(legible(run), size=10, loc="left")
        ax.set(xlabel="input size (pixels a side)", xticks=sizes)
        guessing = mark_chance(ax, chance)
    axes[0].set_ylabel("accuracy (%)")
    axes[-1].legend(loc="lower right", bbox_to_anchor=(1, 0.12), frameon=False, fontsize=9)
    return write_alt_text(fig, f"Line charts. {'; '.join(words)}", guessing)


@house_style()
def zoo_timeline(
    entries: Sequence[tuple[str, str, int]], *, title: str, data: str = "model zoo"
) -> CourseFigure:
    """The models by year of their paper: a row for each year, a style for each family.

    Args:
        entries: name, family and year of each model.
    """
    years = sorted({year for _, _, year in entries})
    families = list(dict.fromkeys(family for _, family, _ in entries))
    lines = [
        (year, some[i : i + ACROSS])
        for year in years
        for some in [[(name, family) for name, family, y in entries if y == year]]
        for i in range(0, len(some), ACROSS)
    ]
    note = "years without a model are left out"
    caption = (data, count(len(entries), "model"), note)
    fig = new_figure(title, caption, height=0.9 + 0.24 * len(lines))
    ax = fig.add_subplot()
    for row, (_, some) in enumerate(lines):
        names = display_names([name for name, _ in some], "model", LONGEST)
        for column, (name, (_, family)) in enumerate(zip(names, some)):
            colour, marker = series_style(families.index(family))
            ax.plot(column, row, marker, color=colour, markersize=6)
            ax.text(column + 0.06, row, name, size=8, va="center")
    for i, family in enumerate(families):
        colour, marker = series_style(i)
        ax.plot([], [], marker, color=colour, label=family)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(families), frameon=False)
    labels = ["" if i and lines[i - 1][0] == year else str(year) for i, (year, _) in enumerate(lines)]
    ax.set_yticks(range(len(lines)), labels)
    ax.set(xlim=(-0.15, ACROSS - 0.1), ylim=(len(lines) - 0.5, -0.5), xticks=[])
    ax.set(ylabel="year of the paper")
    ax.grid(visible=False)
    by_year = {y: [name for name, _, other in entries if other == y] for y in years}
    return write_alt_text(fig, "; ".join(f"{year}: {', '.join(names)}" for year, names in by_year.items()))
