"""Figures of what is spent: the lead of a start by epochs, accuracy by multiply-adds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from course_utils.plots.frame import (
    FAINT,
    INK,
    CourseFigure,
    display_names,
    house_style,
    legible,
    new_figure,
    series_style,
    write_alt_text,
)
from course_utils.plots.labels import NAME, label_points

Row = tuple[str, Sequence[float], float]
FIRST_STYLE = 2  # of the lines of leads: the two before are those of the starts themselves


@house_style()
def leads(
    lines: Mapping[str, Mapping[int, Sequence[float]]],
    *,
    title: str,
    data: str,
    note: str = "",
    terms: Mapping[tuple[str, int], str] | None = None,
    errors: Mapping[tuple[str, int], float] | None = None,
) -> CourseFigure:
    """How far one start is ahead of another, by epochs on a log scale: a colour for each amount of labels.

    No line joins the points: runs of other lengths are runs of other recipes, too.

    Args:
        lines: by name, for each number of epochs the lead of every seed, in points.
        data: name of the data set, for the caption.
        note: on the terms, for the caption.
        terms: by name and epochs, a few words above the point: how it was trained.
        errors: by name and epochs, two standard errors in points: a thin line around the mean.
    """
    terms, errors = terms or {}, errors or {}
    marks = "point: one seed, bar: mean, hollow: one run only" + (
        ", line: two standard errors" if errors else ""
    )
    fig = new_figure(title, (data, marks, note), height=3.9)
    ax = fig.add_subplot()
    words = []
    for i, (name, leads_by_epochs) in enumerate(lines.items()):
        colour, marker = series_style(i + FIRST_STYLE)
        epochs = sorted(leads_by_epochs)
        middle = [mean(leads_by_epochs[n]) for n in epochs]
        ax.plot(epochs, middle, "_", color=colour, markersize=24, markeredgewidth=2)
        start = (epochs[0], middle[0])
        text = ax.annotate(legible(name), start, (16, 0), textcoords="offset points", size=NAME, color=colour)
        text.set_verticalalignment("center")
        for n in epochs:
            _dots(ax, n, leads_by_epochs[n], colour, marker)
        for n, value in zip(epochs, middle):
            error = errors.get((name, n), 0.0)
            ax.vlines(n, value - error, value + error, color=colour, linewidth=1.2)
            top = max(value + error, *leads_by_epochs[n])
            _above(ax, n, top, terms.get((name, n), ""))
        points = (f"{value:.1f} after {n}" for n, value in zip(epochs, middle))
        words.append(f"{name}: {', '.join(points)}")
    ax.axhline(0, color=FAINT, linewidth=1)
    ax.margins(x=0.1, y=0.12)
    _log_scale(ax, sorted({n for found in lines.values() for n in found}))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epochs of training (log scale)", ylabel="lead (points of test accuracy)")
    return write_alt_text(fig, f"Dot plot, lead in points after so many epochs. {'; '.join(words)}")


@house_style()
def accuracy_by_work(
    panels: Mapping[str, Sequence[Row]],
    *,
    work_labels: Sequence[str],
    title: str,
    data: str,
    crosses: Collection[str] = (),
) -> CourseFigure:
    """Accuracy against work on a log scale, a panel for each kind of training.

    Args:
        panels: by title, rows of name, accuracies (fractions) of the seeds, and work. What a name says
            before a comma decides the colour. No line joins points: they may be runs of other recipes.
        work_labels: for each panel what its work is, with the unit.
        data: name of the data set and numbers of images, for the caption.
        crosses: names of the points that are drawn as crosses.
    """
    note = "point: mean, line: lowest to highest seed, hollow: one run only"
    fig = new_figure(title, (data, note), height=3.7)
    kinds = list(dict.fromkeys(_kind(name) for rows in panels.values() for name, _, _ in rows))
    words = []
    axes = fig.subplots(1, len(panels), squeeze=False)[0]
    for ax, label, (panel, rows) in zip(axes, work_labels, panels.items()):
        for row in rows:
            colour, marker = series_style(kinds.index(_kind(row[0])))
            _point(ax, row, colour, "X" if row[0] in crosses else marker)
        _log_scale(ax, _ticks([work for *_, work in rows]))
        ax.set(xlabel=legible(label), ylabel="accuracy (%)")
        ax.set_title(legible(panel), size=10)
        ax.margins(x=0.3, y=0.2)
        points = [(work, 100 * mean(scores)) for _, scores, work in rows]
        label_points(ax, points, display_names([name for name, _, _ in rows], "arm", 30))
        found = (f"{name} {y:.1f} % at {x:,.0f}" for (name, _, _), (x, y) in zip(rows, points))
        words.append(f"{panel}: {', '.join(found)}")
    return write_alt_text(fig, f"Accuracy against work. {'; '.join(words)}")


def _kind(name: str) -> str:
    return name.partition(",")[0]


def _point(ax: Axes, row: Row, colour: str, marker: str) -> None:
    _, scores, work = row
    ax.plot([work] * 2, [100 * min(scores), 100 * max(scores)], color=colour, linewidth=2.5, alpha=0.4)
    _dots(ax, work, [100 * mean(scores)], colour, marker, hollow=len(scores) == 1)


def _above(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(legible(text), (x, y), (0, 6), textcoords="offset points", size=NAME, color=INK, ha="center")


def _dots(ax, x: float, ys: Sequence[float], colour: str, marker: str, hollow: bool | None = None) -> None:
    fill = "white" if (len(ys) == 1 if hollow is None else hollow) else colour
    ax.plot([x] * len(ys), ys, marker, color=colour, markersize=7, markerfacecolor=fill, alpha=0.85)


def _ticks(values: Sequence[float]) -> list[float]:
    """Powers of ten and three times these, around the values."""
    every = [n * 10**power for power in range(-1, 9) for n in (1, 3)]
    return [n for n in every if min(values) / 1.5 < n < 1.5 * max(values)]


def _log_scale(ax: Axes, ticks: Sequence[float]) -> None:
    ax.set_xscale("log")
    ax.set_xticks(ticks, [f"{n:,g}" for n in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
