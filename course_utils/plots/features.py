"""Figures of what a network knows: where it looks, and where pictures lie among its features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from torch import Tensor

from course_utils.analysis.occlusion import PATCH
from course_utils.errors import DataError
from course_utils.plots.frame import (
    COLOURS,
    CourseFigure,
    display_names,
    house_style,
    new_figure,
    series_style,
    write_alt_text,
)
from course_utils.plots.labels import label_points
from course_utils.tables import count


@house_style()
def occlusion(photo: Tensor, lost: Tensor, *, title: str, data: str = "", patch: int = PATCH) -> CourseFigure:
    """A photograph, and over it how much probability a class loses where a grey square covers it.

    Args:
        photo: uint8 ``[3, H, W]``.
        lost: float ``[H // patch, W // patch]``, a probability: what ``occlusion_map`` returns.
        data: what the photograph is, for the caption.
        patch: side of the square, in pixels; what is left at the right and at the bottom was not covered.

    Raises:
        DataError: if ``lost`` has another number of places than squares fit into the photograph.
    """
    picture, points = photo.permute(1, 2, 0).numpy(), 100 * lost.numpy()
    height, width = photo.shape[1:]
    rows, columns = height // patch, width // patch
    if lost.shape != (rows, columns):
        raise DataError(
            "photograph and map do not belong together.",
            expected=f"a place for each of {rows} x {columns} squares of {patch} pixels",
            found=" x ".join(map(str, lost.shape)),
            do="pass the patch that the map was made with",
        )
    covered = f"a grey square of {patch} pixels over each of {lost.numel()} places in turn"
    fig = new_figure(title, (data, covered), height=3.2)
    left, right = fig.subplots(1, 2)
    left.imshow(picture)
    right.imshow(picture.mean(axis=2), cmap="gray", alpha=0.35, extent=(0, width, height, 0))
    most = max(1.0, float(np.abs(points).max()))
    extent = (0, columns * patch, rows * patch, 0)
    heat = right.imshow(points, cmap="PuOr_r", vmin=-most, vmax=most, extent=extent, alpha=0.7)
    left.axis("off")
    for axis, n in ((right.yaxis, rows), (right.xaxis, columns)):
        axis.set_ticks([(i + 0.5) * patch for i in range(n)], [str(i + 1) for i in range(n)])
    right.set(xlabel="column", ylabel="row", xlim=(0, width), ylim=(height, 0))
    right.tick_params(length=0)
    right.grid(visible=False)
    fig.colorbar(heat, ax=right, label="probability lost (points)", shrink=0.9)
    row, column = np.unravel_index(points.argmax(), points.shape)
    place = f"row {row + 1} of {rows}, column {column + 1} of {columns}"
    return write_alt_text(fig, f"Covering {place} costs most: {points.max():.0f} points")


@house_style()
def embedding(
    points: Tensor, labels: Tensor, classes: Sequence[str], *, title: str, data: str, axes: str
) -> CourseFigure:
    """Pictures as points in a plane, by class; the class's name stands at the middle of its points.

    Args:
        points: float ``[N, 2]``.
        labels: int64 ``[N]``.
        axes: what the two axes are, such as ``"principal component"``.
    """
    fig = new_figure(
        title,
        (data, count(len(points), "picture"), "large cross, with the name: the middle of a class"),
        height=4.6,
    )
    ax = fig.add_subplot()
    places, known = points.numpy(), labels.numpy()
    middles, shown, inks = [], [], []
    for i, name in enumerate(display_names(classes, "class", 16)):
        own, (colour, marker) = places[known == i], series_style(i)
        fill = "none" if i >= len(COLOURS) else colour  # hollow: the second class of a colour
        ax.plot(own[:, 0], own[:, 1], marker, color=colour, ms=5, mfc=fill, alpha=0.7)
        if len(own):
            middles.append(np.median(own, axis=0))
            shown.append(name)
            inks.append(tuple(0.6 * part for part in to_rgb(colour)))  # letters are thin: darker
    ax.set(xlabel=f"first {axes}", ylabel=f"second {axes}")
    for (x, y), ink in zip(middles, inks):
        ax.scatter([x], [y], s=190, marker="+", color="white", linewidth=5, zorder=3)
        ax.scatter([x], [y], s=150, marker="+", color=[ink], linewidth=2.5, zorder=3)
    for text, ink in zip(label_points(ax, middles, shown, others=places.tolist()), inks):
        text.set(color=ink, weight="bold")
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    return write_alt_text(fig, f"Scatter plot of {len(classes)} classes: {', '.join(map(str, classes))}")
