"""Figures of chapter 01: the words in a picture, accuracy by amount of labels and by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    mark_chance,
    new_figure,
    seeds,
    write_alt_text,
)
from course_utils.plots.labels import label_right
from course_utils.plots.results import LONGEST
from course_utils.tables import count

Line = Mapping[float, Sequence[float]]

# Fill and edge of a box by what happens to the part in training; its text says it, too.
TRAINS, FROZEN, NEW = ("#CFE6F5", COLOURS[0]), ("0.9", FAINT), ("#FBDCC8", COLOURS[1])
# Left edge and width of each column, in the unit of the drawing.
COLUMNS = {"input": (0, 1.9), "backbone": (2.5, 2.9), "neck": (6.0, 1.7), "head": (8.3, 2.3)}
NETWORKS = (
    ("upstream task", {
        "input": ("many labelled\nphotographs", None), "backbone": ("backbone\ntrains", TRAINS),
        "head": ("head\nits own classes, trains", TRAINS)}),
    ("downstream task,\nlinear probe", {
        "input": ("your few\npictures", None), "backbone": ("the same backbone\nfrozen", FROZEN),
        "head": ("new head\nyour classes, trains", NEW)}),
    ("downstream task,\nfine-tuning", {
        "input": ("your few\npictures", None), "backbone": ("the same backbone\ngoes on training", TRAINS),
        "head": ("new head\nyour classes, trains", NEW)}),
    ("for comparison:\na detector", {
        "input": ("your pictures\nwith boxes", None),
        "backbone": ("the same backbone trains,\nmaps of several sizes", TRAINS),
        "neck": ("neck (FPN)\nmixes, trains", NEW), "head": ("head\nwhat, where; trains", NEW)}),
)  # fmt: skip
BOX, ROW = 0.9, 1.3  # height of a box, distance of rows


@house_style()
def vocabulary() -> CourseFigure:
    """Upstream and downstream task, backbone, neck and head, linear probe and fine-tuning."""
    note = "blue: pretrained or being pretrained, trains; grey: frozen; orange: new, trains"
    fig = new_figure("Transfer: the backbone is carried over, the head is new", ("sketch", note), height=4.6)
    ax = fig.add_subplot()
    for row, (title, parts) in enumerate(NETWORKS):
        middle = -row * ROW
        ax.text(-2.3, middle, title, va="center", size=9, weight="bold")
        for name, (text, tint) in parts.items():
            _box(ax, name, middle, text, tint)
        order = list(parts)
        for left, right in zip(order, order[1:]):
            _arrow(ax, (sum(COLUMNS[left]), middle), (COLUMNS[right][0], middle))
    start, width = COLUMNS["backbone"]
    _arrow(ax, (start + width / 2, -BOX / 2), (start + width / 2, BOX / 2 - ROW))
    ax.text(start + width / 2 + 0.15, -ROW / 2, "copy the weights", va="center", size=8)
    ax.set(xlim=(-2.4, 10.8), ylim=(-3 * ROW - 0.6, 0.6))
    ax.set_axis_off()
    words = "; ".join(
        f"{title}: {', '.join(text for text, _ in parts.values())}" for title, parts in NETWORKS
    )
    return write_alt_text(fig, f"Four rows of boxes from pictures to head. {words}".replace("\n", " "))


@house_style()
def accuracy_by_amount(
    curves: Mapping[str, Line], *, title: str, data: str, n_images: int, chance: float | None = None
) -> CourseFigure:
    """Accuracy of each arm by the number of labelled images, on a log scale.

    Args:
        curves: for each arm the accuracies (fractions) of its seeds by number of images.
        data: name of the data set, for the caption.
        n_images: number of images that each accuracy is measured on.
        chance: what guessing gives, a fraction.
    """
    amounts = sorted({amount for line in curves.values() for amount in line})
    fig, ax, words = _lines(curves, {n: n for n in amounts}, title, data, n_images)
    ax.set_xscale("log")
    ax.set_xticks(amounts, [f"{n:,}" for n in amounts])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("labelled images (log scale)")
    guessing = mark_chance(ax, chance)
    label_right(ax)
    return write_alt_text(fig, f"Line chart: {words}", guessing)


@house_style()
def accuracy_by_task(
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    title: str,
    data: str,
    n_images: int,
    chance: float | None = None,
) -> CourseFigure:
    """Accuracy of each arm on a row of tasks, from near to far.

    Args:
        curves: for each arm the accuracies (fractions) of its seeds by task, tasks in order.
        data: name of the data set, for the caption.
        n_images: number of images that each accuracy is measured on.
        chance: what guessing gives, a fraction.
    """
    tasks = list(dict.fromkeys(task for line in curves.values() for task in line))
    fig, ax, words = _lines(curves, {t: i for i, t in enumerate(tasks)}, title, data, n_images)
    ax.set_xticks(range(len(tasks)), display_names(tasks, "task", 22))
    ax.set_xlabel("the same pictures, from near to far")
    guessing = mark_chance(ax, chance)
    label_right(ax)
    return write_alt_text(fig, f"Line chart: {words}", guessing)


def _lines(
    curves: Mapping[str, Mapping], places: Mapping, title: str, data: str, n_images: int
) -> tuple[CourseFigure, Axes, str]:
    """A line of means for each arm, its band from lowest to highest seed, and all of it in words."""
    runs = [scores for line in curves.values() for scores in line.values()]
    note = "line: mean, band: lowest to highest seed"
    caption = (data, f"measured on {count(n_images, 'image')}", seeds(runs), note)
    fig = new_figure(title, caption, height=4.0)
    ax = fig.add_subplot()
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
        words.append(f"{name}: " + ", ".join(f"{y:.1f} % at {k}" for k, y in zip(keys, middle)))
    ax.set_ylabel("accuracy (%)")
    return fig, ax, "; ".join(words)


def _box(ax: Axes, column: str, middle: float, text: str, tint: tuple[str, str] | None) -> None:
    left, width = COLUMNS[column]
    fill, edge = tint or ("white", FAINT)
    corner = (left + 0.08, middle - BOX / 2 + 0.08)
    ax.add_patch(
        FancyBboxPatch(corner, width - 0.16, BOX - 0.16, boxstyle="round,pad=0.08", fc=fill, ec=edge)
    )
    ax.text(left + width / 2, middle, text, ha="center", va="center", size=8.5, color=INK)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=INK, shrinkA=1, shrinkB=1)
    )
