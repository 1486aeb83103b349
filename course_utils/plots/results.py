"""Figures of results: learning curves, arms, accuracy against cost, the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from statistics import mean
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from course_utils.plots.frame import (
    INK,
    CourseFigure,
    arm_styles,
    capitalised,
    display_names,
    house_style,
    mark_chance,
    new_figure,
    seeds,
    write_alt_text,
)
from course_utils.plots.labels import label_right
from course_utils.tables import count, percent

if TYPE_CHECKING:
    from course_utils.analysis.arms import Arm

LONGEST = 30  # letters of an arm's name
MOST_NUMBERS = 12  # a confusion matrix of more classes has colours only
MOST_NAMES = 40  # and of more than this no class names


@house_style()
def learning_curves(
    curves: Mapping[str, Sequence[Sequence[float]]],
    *,
    title: str,
    data: str,
    n_images: int | None = None,
    measured: str = "validation accuracy",
    chance: float | None = None,
) -> CourseFigure:
    """Validation accuracy of each arm by epoch: mean over seeds, a band over several.

    Args:
        curves: for each arm a list per seed of accuracies (fractions), one for each epoch. The
            lists may differ in length.
        measured: what the fractions are, if not validation accuracy.
        data: name of the data set and number of training images, for the caption.
        n_images: number of validation images, for the caption.
        chance: what guessing gives, a fraction.
    """
    note = "line: mean, band: lowest to highest seed" if max(map(len, curves.values())) > 1 else ""
    images = count(n_images, "validation image") if n_images else ""
    caption = (data, images, seeds(list(curves.values())), note)
    fig = new_figure(capitalised(title), caption, height=4.0)
    ax = fig.add_subplot()
    words = []
    shown = zip(display_names(curves, "arm", LONGEST), curves.values(), arm_styles(curves))
    for name, runs, (colour, marker) in shown:
        epochs = [[100 * y for y in ys if y is not None] for ys in zip_longest(*runs)]
        x, middle = range(1, len(epochs) + 1), [mean(ys) for ys in epochs]
        ax.plot(x, middle, color=colour, marker=marker, markevery=max(1, len(x) // 15), label=name)
        low, high = list(map(min, epochs)), list(map(max, epochs))
        ax.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        words.append(f"{name}: {middle[-1]:.1f} % after {count(len(epochs), 'epoch')}")
    ax.set(xlabel="epoch", ylabel=f"{measured} (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    guessing = mark_chance(ax, chance)
    label_right(ax)
    return write_alt_text(fig, f"Line chart: {'; '.join(words)}", guessing)


@house_style()
def arms(arms: Sequence[Arm], *, title: str, data: str, chance: float | None = None) -> CourseFigure:
    """Accuracy of each arm: a point for every seed, a bar at their mean.

    Args:
        data: name of the data set and number of training images, for the caption.
        chance: what guessing gives, a fraction.
    """
    shown = " or ".join(count(n, "image") for n in sorted({arm.n_images for arm in arms}))
    note = "point: one seed, bar: mean"
    caption = (data, f"measured on {shown}", seeds([arm.scores for arm in arms]), note)
    fig = new_figure(capitalised(title), caption, height=0.6 + 0.42 * len(arms))
    ax = fig.add_subplot()
    words = []
    styles = arm_styles(arm.name for arm in arms)
    for row, (arm, (colour, marker)) in enumerate(zip(arms, styles)):
        points, middle = [100 * score for score in arm.scores], 100 * mean(arm.scores)
        ax.plot([middle, middle], [row - 0.28, row + 0.28], color=INK, linewidth=2)
        ax.plot(points, [row] * len(points), marker, color=colour, ms=7, alpha=0.75)
        spread = f" ({min(points):.1f} to {max(points):.1f})" if len(points) > 1 else ""
        text = f"{middle:.1f} %{spread}"
        ax.text(1.02, row, text, va="center", size=9, transform=ax.get_yaxis_transform())
        words.append(f"{arm.name} {middle:.1f} %{spread}")
    ax.set_yticks(range(len(arms)), display_names([arm.name for arm in arms], "arm", LONGEST))
    ax.set(xlabel="accuracy (%)", ylim=(len(arms) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    guessing = mark_chance(ax, chance, "x")
    return write_alt_text(fig, f"Dot plot, means: {'; '.join(words)}", guessing)


@house_style()
def confusion_matrix(
    matrix: Tensor, classes: Sequence[str], *, data: str, title: str | None = None
) -> CourseFigure:
    """Counts of true class (rows) against predicted class (columns), coloured by share of the row.

    Args:
        matrix: int64 ``[C, C]`` from :func:`course_utils.training.evaluation.confusion_matrix`.
    """
    counts, names = np.asarray(matrix), display_names(classes)
    n, total, right = len(names), int(counts.sum()), int(counts.trace())
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    pairs = _most_confused(counts, names)
    title = title or (f"Most often mistaken: {pairs[0]}" if pairs else "No mistakes")
    accuracy = f"accuracy {percent(right / max(total, 1))}"
    note = "colour: share of the row, white 0 to dark 100 %"
    caption = (data, count(total, "image"), accuracy, note)
    side = min(6.2, 1.6 + 0.45 * n)
    fig = new_figure(title, caption, width=max(side + 1.2, 5.5), height=side + 0.5)
    ax = fig.add_subplot()
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    if n <= MOST_NUMBERS:
        for (row, column), value in np.ndenumerate(counts):
            ink = "white" if share[row, column] > 0.5 else INK if value else "0.75"
            ax.text(column, row, f"{value:,}", ha="center", va="center", size=9, color=ink)
    ticks = range(n) if n <= MOST_NAMES else []
    ax.set_xticks(ticks, names[: len(ticks)], rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(ticks, names[: len(ticks)])
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.grid(visible=False)
    most = f", most often mistaken: {'; '.join(pairs[:3])}" if pairs else ""
    return write_alt_text(fig, f"Confusion matrix of {n} classes{most}")


def _most_confused(counts: np.ndarray, names: Sequence[str]) -> list[str]:
    """Pairs of classes by number of mistakes, as ``cat for dog (31 of 100)``."""
    off = counts - np.diag(np.diag(counts))
    order = np.argsort(-off, axis=None, kind="stable")[: len(names)]
    pairs = [divmod(int(i), len(names)) for i in order if off.flat[i] > 0]
    return [f"{names[t]} for {names[p]} ({off[t, p]:,} of {counts[t].sum():,})" for t, p in pairs]
