"""Figures of chapter 01: the words in a picture, accuracy by amount of labels and by task."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from itertools import repeat
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import NullLocator

from course_utils.plots.frame import (
    COLOURS,
    FAINT,
    INK,
    CourseFigure,
    arm_styles,
    display_names,
    house_style,
    legible,
    mark_chance,
    new_figure,
    seeds,
    write_alt_text,
)
from course_utils.plots.labels import label_right, label_top
from course_utils.plots.results import LONGEST
from course_utils.tables import count

Line = Mapping[float, Sequence[float]]
BAND = "line: mean, band: lowest to highest seed"

# Fill and edge of a box by what happens to the part in training; its text says it, too.
TRAINS, FROZEN, NEW = ("#CFE6F5", COLOURS[0]), ("0.9", FAINT), ("#FBDCC8", COLOURS[1])
# Left edge and width of each column, in the unit of the drawing.
COLUMNS = {"input": (0, 1.9), "backbone": (2.5, 3.1), "head": (6.2, 2.6)}
NETWORKS = (
    ("upstream task", {
        "input": ("many labelled\nphotographs", None), "backbone": ("backbone\ntrains", TRAINS),
        "head": ("head\nits classes, trains", TRAINS)}),
    ("downstream task,\nlinear probe", {
        "input": ("your few\npictures", None), "backbone": ("the same backbone\nfrozen", FROZEN),
        "head": ("new head\nyour classes, trains", NEW)}),
    ("downstream task,\nfine-tuning", {
        "input": ("your few\npictures", None),
        "backbone": ("the same backbone trains,\nall (full) or a part (partial)", TRAINS),
        "head": ("new head\nyour classes, trains", NEW)}),
)  # fmt: skip
BOX, ROW = 0.9, 1.3  # height of a box, distance of rows
ENTRY = 0.25  # above the middle of a box: where copied weights come in


@house_style()
def vocabulary() -> CourseFigure:
    """Upstream and downstream task, backbone and head, linear probe and fine-tuning."""
    note = "blue: pretrained or being pretrained, trains; grey: frozen; orange: new, trains"
    fig = new_figure("Transfer: the backbone is carried over, the head is new", ("sketch", note), height=3.6)
    ax = fig.add_subplot()
    for row, (title, parts) in enumerate(NETWORKS):
        middle = -row * ROW
        ax.text(-2.3, middle, title, va="center", size=9, weight="bold")
        for name, (text, tint) in parts.items():
            _box(ax, name, middle, text, tint)
        order = list(parts)
        for left, right in zip(order, order[1:]):
            _arrow(ax, (sum(COLUMNS[left]), middle), (COLUMNS[right][0], middle))
    _copies(ax)
    ax.set(xlim=(-2.4, 9.0), ylim=(-2 * ROW - 0.6, 0.6))
    ax.set_axis_off()
    words = "; ".join(
        f"{title}: {', '.join(text for text, _ in parts.values())}" for title, parts in NETWORKS
    )
    copied = "Arrows copy the upstream backbone's weights into the other two."
    return write_alt_text(
        fig, f"Three rows of boxes from pictures to head. {words}. {copied}".replace("\n", " ")
    )


@house_style()
def accuracy_by_amount(
    curves: Mapping[str, Line],
    *,
    title: str,
    data: str,
    n_images: int,
    chance: float | None = None,
    marks: Sequence[tuple[float, float, str]] = (),
) -> CourseFigure:
    """Accuracy of each arm by the number of labelled images, on a log scale.

    Args:
        curves: for each arm the accuracies (fractions) of its seeds by number of images.
        data: name of the data set, for the caption.
        n_images: number of images that each accuracy is measured on.
        chance: what guessing gives, a fraction.
        marks: pairs of amounts between which something happens, each with a few words; shaded.
    """
    amounts = sorted({amount for line in curves.values() for amount in line})
    fig, ax, words = _lines(curves, {n: n for n in amounts}, title, data, n_images)
    ax.set_xscale("log")
    ax.set_xticks(amounts, [f"{n:,}" for n in amounts])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("labelled images (log scale)")
    guessing = mark_chance(ax, chance)
    label_right(ax)
    for low, high, _ in marks:
        ax.axvspan(low, high, color=FAINT, alpha=0.12, linewidth=0, zorder=0)
    label_top(ax, [(math.sqrt(low * high), text) for low, high, text in marks], line=False)
    marked = "; ".join(f"{text} between {low:,} and {high:,}" for low, high, text in marks)
    return write_alt_text(fig, f"Line chart: {words}", guessing, marked)


def by_epoch(curves: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, dict[int, tuple[float, ...]]]:
    """Learning curves (for each arm a list a seed) as lines for :func:`beside`: seeds by epoch."""
    return {name: dict(enumerate(zip(*runs), start=1)) for name, runs in curves.items()}


@house_style()
def beside(
    panels: Mapping[str, Mapping[str, Mapping]],
    *,
    title: str,
    x_label: str,
    chances: Sequence[float] = (),
    log: bool = False,
    measured: str = "accuracy (%)",
) -> CourseFigure:
    """The same lines measured twice, such as yours and recorded: a panel for each, on one scale.

    Args:
        panels: by what is above the panel (data, number of images), for each arm the accuracies
            (fractions) of its seeds by place on the x axis: a number, or the name of a task.
        x_label: what the places are.
        chances: what guessing gives in each panel, a fraction: another number of classes, another one.
        log: a log scale for the places.
    """
    runs = [scores for lines in panels.values() for line in lines.values() for scores in line.values()]
    fig = new_figure(title, ("two runs", seeds(runs), BAND), height=3.7)
    widths = [*[1] * (len(panels) - 1), 1.6]  # the last is the one that the text reads
    axes = fig.subplots(1, len(panels), sharey=True, squeeze=False, width_ratios=widths)[0]
    words, guessing = [], []
    for ax, width, chance, (name, lines) in zip(axes, widths, chances or repeat(None), panels.items()):
        keys = list(dict.fromkeys(key for line in lines.values() for key in line))
        named = any(isinstance(key, str) for key in keys)
        places = {key: i if named else key for i, key in enumerate(keys)}
        words.append(f"{name}: {_draw(ax, lines, places)}")
        ax.set_title(textwrap.fill(legible(name), 24 if width == 1 else 40), size=9, loc="left")
        if log:
            ax.set_xscale("log")
            ax.xaxis.set_minor_locator(NullLocator())
        texts = [str(key).replace(" ", "\n") if named else f"{key:,}" for key in keys]
        ax.set_xticks(list(places.values()), texts, size=8 if named else None)
        ax.set_xlabel(x_label)
        guessing.append(mark_chance(ax, chance))
    axes[0].set_ylabel(measured)
    fig.legend(*axes[-1].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=9)
    return write_alt_text(fig, f"Line charts. {'; '.join(words)}", *dict.fromkeys(guessing))


def _lines(
    curves: Mapping[str, Mapping], places: Mapping, title: str, data: str, n_images: int
) -> tuple[CourseFigure, Axes, str]:
    """A line of means for each arm, its band from lowest to highest seed, and all of it in words."""
    runs = [scores for line in curves.values() for scores in line.values()]
    single = "hollow: one run" if min(map(len, runs)) == 1 < max(map(len, runs)) else ""
    caption = (data, f"measured on {count(n_images, 'image')}", seeds(runs), BAND, single)
    fig = new_figure(title, caption, height=4.0)
    ax = fig.add_subplot()
    words = _draw(ax, curves, places)
    ax.set_ylabel("accuracy (%)")
    return fig, ax, words


def _draw(ax: Axes, curves: Mapping[str, Mapping], places: Mapping) -> str:
    """Draw the lines and bands; a place with one run where others have several is hollow."""
    most = max(len(scores) for line in curves.values() for scores in line.values())
    words = []
    shown = zip(display_names(curves, "arm", LONGEST), curves.values(), arm_styles(curves))
    for name, line, (colour, marker) in shown:
        keys = sorted(line, key=places.__getitem__)
        x, scores = [places[key] for key in keys], [[100 * y for y in line[key]] for key in keys]
        middle = list(map(mean, scores))
        ax.plot(x, middle, color=colour, marker=marker, label=name)
        ax.fill_between(
            x, list(map(min, scores)), list(map(max, scores)), color=colour, alpha=0.18, linewidth=0
        )
        alone = [i for i, runs in enumerate(scores) if len(runs) == 1 < most]
        if alone:
            at, y = [x[i] for i in alone], [middle[i] for i in alone]
            ax.scatter(at, y, s=30, marker=marker, facecolors="white", edgecolors=colour, zorder=3)
        words.append(f"{name}: " + ", ".join(f"{y:.1f} % at {k}" for k, y in zip(keys, middle)))
    return "; ".join(words)


def _copies(ax: Axes) -> None:
    """From the upstream backbone a line down beside the others, with an arrow into each."""
    left, blue = COLUMNS["backbone"][0], COLOURS[0]
    trunk, start, last = left - 0.3, left + 0.4, -(len(NETWORKS) - 1) * ROW + ENTRY
    corners = [(start, -BOX / 2), (start, -ROW / 2), (trunk, -ROW / 2), (trunk, last)]
    ax.plot(*zip(*corners), color=blue, linewidth=1.5)
    for row in range(1, len(NETWORKS)):
        _arrow(ax, (trunk, ENTRY - row * ROW), (left, ENTRY - row * ROW), blue)
    ax.text(start + 0.15, -ROW / 2, "the weights are copied", va="center", size=8.5, color=blue)


def _box(ax: Axes, column: str, middle: float, text: str, tint: tuple[str, str] | None) -> None:
    left, width = COLUMNS[column]
    fill, edge = tint or ("white", FAINT)
    corner = (left + 0.08, middle - BOX / 2 + 0.08)
    ax.add_patch(
        FancyBboxPatch(corner, width - 0.16, BOX - 0.16, boxstyle="round,pad=0.08", fc=fill, ec=edge)
    )
    ax.text(left + width / 2, middle, text, ha="center", va="center", size=8.5, color=INK)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = INK) -> None:
    ax.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=colour, shrinkA=1, shrinkB=1)
    )
