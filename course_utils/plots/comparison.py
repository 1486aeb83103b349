"""Figures of a comparison: what a crop keeps, who is right, paired differences, classes, reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from course_utils.plots.frame import (
    FAINT,
    INK,
    RIGHT,
    WRONG,
    CourseFigure,
    display_names,
    house_style,
    legible,
    new_figure,
    seeds,
    series_style,
    write_alt_text,
)
from course_utils.plots.mosaic import Mosaic
from course_utils.tables import count

if TYPE_CHECKING:
    from course_utils.analysis.calibration import Bin
    from course_utils.analysis.paired import Paired

LONGEST = 34  # letters of a pair's name
SHOWN_KERNELS = 8
APART = 0.09  # of a row: between the points of two seeds, which may be equal
WINDOW_COLOURS = (WRONG, series_style(2)[0], series_style(3)[0])
FEW = 5  # images of a bin from which its accuracy says something


@house_style()
def kernel_windows(
    weight: Tensor, windows: Mapping[str, tuple[int, int]], *, title: str, source: str
) -> CourseFigure:
    """Some kernels with square windows on them, and the share of all weight that each window keeps.

    Args:
        weight: float ``[out, in, k, k]`` of a first layer, with three input channels.
        windows: for each name the first row (and column) and the side of a square, in taps.
        source: where the weights come from, for the caption.
    """
    kernels = weight.detach().float().cpu()
    share = kernels.abs().mean(dim=(0, 1)) / kernels.abs().mean(dim=(0, 1)).sum()
    strongest = kernels.flatten(1).norm(dim=1).argsort(descending=True)[:SHOWN_KERNELS]
    shape = f"{kernels.shape[-1]} × {kernels.shape[-1]}"
    caption = (source, f"the {len(strongest)} strongest of {count(len(kernels), 'kernel')} of {shape}")
    fig = new_figure(title, (*caption, "each on its own scale, grey is zero"), height=3.1)
    grid = fig.add_gridspec(2, len(strongest) // 2 + 3)
    for place, i in enumerate(strongest):
        ax = fig.add_subplot(grid[place % 2, place // 2])
        picture = kernels[i] / (2 * kernels[i].abs().max()) + 0.5
        ax.imshow(picture.permute(1, 2, 0).numpy())
        ax.set_axis_off()
        _draw_windows(ax, windows)
    words = _kept_shares(fig.add_subplot(grid[:, -2:]), share, windows)
    return write_alt_text(fig, f"Kernels with windows on them; {'; '.join(words)}")


def _draw_windows(ax: Axes, windows: Mapping[str, tuple[int, int]]) -> None:
    for colour, (first, side) in zip(WINDOW_COLOURS, windows.values()):
        corner = (first - 0.5, first - 0.5)
        ax.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="white", linewidth=4))
        ax.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=colour, linewidth=2.4))


def _kept_shares(ax: Axes, share: Tensor, windows: Mapping[str, tuple[int, int]]) -> list[str]:
    """A bar for each window: per cent of all weight in it, beside what an even spread would give."""
    words = []
    for row, (colour, (name, (first, side))) in enumerate(zip(WINDOW_COLOURS, windows.items())):
        kept = 100 * float(share[first : first + side, first : first + side].sum())
        ax.bar(row, kept, width=0.6, color=colour)
        ax.annotate(f"{kept:.1f}", (row, kept), (0, 3), textcoords="offset points", ha="center", size=10)
        words.append(f"{legible(name)}: {kept:.1f} % on {side * side} taps")
    even = 100 * next(iter(windows.values()))[1] ** 2 / share.numel()
    ax.axhline(even, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    ax.set_xticks(range(len(windows)), [legible(name) for name in windows], size=8)
    ax.set(
        xlabel=f"window (dashed: spread\nevenly, {even:.1f} %)",
        ylabel="share of the sum of |weight| (%)",
        xlim=(-0.6, len(windows) - 0.4),
    )
    ax.margins(y=0.15)
    ax.grid(axis="x", visible=False)
    return [*words, f"spread evenly: {even:.1f} %"]


@house_style()
def paired_differences(
    panels: Mapping[str, Mapping[str, Paired]], *, first: str, second: str, title: str, data: str
) -> CourseFigure:
    """Difference of two accuracies for each pair of checkpoints, with its bootstrap interval.

    Args:
        panels: for each name of a panel pairs of checkpoints on the same images, by name; the names of the
            pairs are those of the first panel.
        first, second: what a difference over and under zero speaks for.
    """
    names = list(next(iter(panels.values())))
    n = next(iter(next(iter(panels.values())).values())).n
    note = "point: one pair of checkpoints, hollow: a network and itself, line: 95 % bootstrap interval"
    caption = (data, f"measured on {count(n, 'image')}", note)
    fig = new_figure(title, caption, height=1.0 + 0.3 * len(names))
    axes = fig.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    words = []
    for ax, (panel, pairs) in zip(axes, panels.items()):
        for row, (name, pair) in enumerate(pairs.items()):
            _paired_row(ax, row, pair, hollow="itself" in name)
            words.append(f"{panel}, {name} {100 * pair.difference:+.2f}, p {pair.p_exact:.2g}")
        ax.axvline(0, color=FAINT, linewidth=1)
        ax.set_title(panel, size=10)
        ax.grid(axis="y", visible=False)
        ax.tick_params(axis="y", length=0)
    axes[0].set_yticks(range(len(names)), display_names(names, "pair", LONGEST))
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    for ax in axes:
        ax.set_xlabel(legible(f"{first} minus {second} (points)"))
    return write_alt_text(fig, f"Dot plots, differences in points: {'; '.join(words)}")


def _paired_row(ax: Axes, row: int, pair: Paired, hollow: bool) -> None:
    """A point, its interval, and to the right of the panel difference and p."""
    colour = WRONG if hollow else RIGHT
    ax.plot([100 * pair.low, 100 * pair.high], [row, row], color=colour, linewidth=2.5, alpha=0.5)
    fill = "white" if hollow else colour
    ax.plot(100 * pair.difference, row, "o", color=colour, markerfacecolor=fill, markersize=7)
    text = f"{100 * pair.difference:+.2f}   p {pair.p_exact:.2g}"
    ax.text(1.02, row, text, va="center", size=8, transform=ax.get_yaxis_transform())


@house_style()
def one_lead(rows: Sequence[tuple[str, float, float]], *, title: str, data: str, note: str) -> CourseFigure:
    """A lead with its error by several ways of reckoning: a point and a line in each row.

    Args:
        rows: the way in words, the lead and two standard errors of it, both in points.
        note: what the lead is and what it was measured on, for the caption.
    """
    caption = (data, note, "point: lead, line: two standard errors either way")
    fig = new_figure(title, caption, height=0.6 + 0.36 * len(rows))
    ax = fig.add_subplot()
    words = []
    for row, (name, lead, error) in enumerate(rows):
        ax.plot([lead - error, lead + error], [row, row], color=RIGHT, linewidth=2.5, alpha=0.5)
        ax.plot(lead, row, "o", color=RIGHT, markersize=7)
        text = f"{lead:+.1f} ± {error:.1f}"
        ax.text(1.02, row, text, va="center", size=9, transform=ax.get_yaxis_transform())
        words.append(f"{legible(name)} {text}")
    ax.axvline(0, color=FAINT, linewidth=1)
    ax.set_yticks(range(len(rows)), display_names([name for name, _, _ in rows], "way", LONGEST))
    ax.set(xlabel="lead (points)", ylim=(len(rows) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return write_alt_text(fig, f"Dot plot, leads in points: {'; '.join(words)}")


@house_style()
def who_is_right(
    images: Tensor,
    true: Tensor,
    predicted: Mapping[str, Tensor],
    classes: Sequence[str],
    *,
    data: str,
    each: int = 4,
) -> CourseFigure:
    """Some images that one of two networks alone has right: a row for each network, under its answers.

    Args:
        images: uint8 ``[N, 3, H, W]``.
        true: class numbers, int64 ``[N]``; ``predicted`` likewise for both networks, by name.
        each: so many at most for each network, the first ones; where they never differ, the first of all.
    """
    hits = [its == true for its in predicted.values()]
    alone = [(a & ~b).nonzero().flatten() for a, b in (hits, hits[::-1])]
    picked = torch.cat([found[:each] for found in alone])
    picked = picked if len(picked) else torch.arange(len(true))[:each]
    names, nets = display_names(classes), display_names(predicted, "network")
    mosaic = Mosaic(
        2,
        len(picked),
        title=f"Of {count(len(true), 'picture')} {nets[0]} alone has {len(alone[0]):,} right, "
        f"{nets[1]} alone {len(alone[1]):,}",
        caption=(data, "✓ blue: right, ✗ orange: wrong"),
        ratio=images.shape[2] / images.shape[3],
        lines=1,
        row_names=nets,
    )
    words = [
        _answers(mosaic, row, images[picked], true[picked], its[picked], names)
        for row, its in enumerate(predicted.values())
    ]
    return write_alt_text(mosaic.figure, *(f"{net}: {said}" for net, said in zip(nets, words)))


def _answers(
    mosaic: Mosaic, row: int, images: Tensor, true: Tensor, its: Tensor, names: Sequence[str]
) -> str:
    """A row of images, each under the class that it is taken for; returns them in words."""
    pixels, words = images.permute(0, 2, 3, 1).cpu().numpy(), []
    for column, (image, t, p) in enumerate(zip(pixels, true.tolist(), its.tolist())):
        mark, colour = ("✓", RIGHT) if t == p else ("✗", WRONG)
        mosaic.place((row, column), image, frame=colour)
        mosaic.write((row, column), f"{mark} {names[p]}")
        words.append(f"{names[t]} taken for {names[p]}")
    return ", ".join(words)


@house_style()
def class_differences(
    differences: Sequence[Sequence[float]],
    classes: Sequence[str],
    *,
    first: str,
    second: str,
    title: str,
    data: str,
    n_images: int | None = None,
    overall: float | None = None,
    band: float = 0.0,
) -> CourseFigure:
    """Difference of the accuracies on each class: a point for every seed, a bar at their mean.

    Args:
        differences: for each seed a fraction for each class, ``first`` minus ``second``.
        n_images: images that all classes together were measured on, for the caption.
        overall: difference on the images of all classes, a fraction: dashed.
        band: two standard errors of the mean of a class, a fraction: grey around ``overall``.
    """
    images = f"measured on {count(n_images, 'image')}" if n_images else ""
    marks = "point: one seed, bar: mean" + (", dashed: all classes" if overall is not None else "")
    marks += ", grey: two standard errors of a class's mean" if band else ""
    caption = (data, images, seeds([differences]), marks)
    means = [mean(values) for values in zip(*differences)]
    order = sorted(range(len(classes)), key=lambda i: -means[i])
    names = display_names(classes)
    fig = new_figure(title, caption, height=0.9 + 0.32 * len(classes))
    ax = fig.add_subplot()
    for row, i in enumerate(order):
        points = [100 * values[i] for values in differences]
        rows = [row + APART * (seed - (len(points) - 1) / 2) for seed in range(len(points))]
        ax.plot([100 * means[i]] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=2)
        ax.plot(points, rows, "o", color=RIGHT, alpha=0.75)
    middle = 100 * (overall or 0.0)
    if band:
        ax.axvspan(middle - 100 * band, middle + 100 * band, color=FAINT, alpha=0.15, linewidth=0)
    ax.axvline(0, color=FAINT, linewidth=1)
    if overall is not None:
        ax.axvline(middle, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    ax.set_yticks(range(len(order)), [names[i] for i in order])
    label = f"accuracy of {first} minus {second} (points)"
    ax.set(xlabel=legible(label), ylim=(len(order) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    words = "; ".join(f"{names[i]} {100 * means[i]:+.1f}" for i in order)
    return write_alt_text(fig, f"Dot plot, mean difference in points: {words}")


@house_style()
def reliability(
    panels: Mapping[str, Mapping[str, Sequence[Bin]]],
    *,
    title: str,
    data: str,
    n_images: int | None = None,
) -> CourseFigure:
    """Reliability diagrams: accuracy against confidence, a panel for each network.

    Args:
        panels: for each network its lines by name ("as trained", "with a temperature"), each the bins
            from :func:`course_utils.analysis.calibration.reliability_bins`.
        n_images: number of images, for the caption.
    """
    images = f"measured on {count(n_images, 'image')}" if n_images else ""
    note = f"larger: more images, hollow: fewer than {FEW}; on the diagonal a network is as good as it says"
    fig = new_figure(title, (data, images, note), height=4.1)
    axes = fig.subplots(1, len(panels), squeeze=False)[0]
    words = []
    for ax, name, lines in zip(axes, display_names(panels, "network", 30), panels.values()):
        ax.plot([0, 100], [0, 100], color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        total = max(sum(b.count for b in bins) for bins in lines.values())
        for i, (label, bins) in enumerate(lines.items()):
            colour, marker = series_style(i)
            many = [b for b in bins if b.count >= FEW]
            few = [b for b in bins if b.count < FEW]
            x, y = [100 * b.confidence for b in many], [100 * b.accuracy for b in many]
            ax.plot(x, y, color=colour, linewidth=1.2, alpha=0.7)
            sizes = [20 + 400 * b.count / total for b in many]
            ax.scatter(x, y, sizes, color=colour, marker=marker, alpha=0.75, label=legible(label))
            x, y = [100 * b.confidence for b in few], [100 * b.accuracy for b in few]
            ax.scatter(x, y, 20, facecolors="none", edgecolors=colour, marker=marker, alpha=0.75)
            gap = sum(b.count * (b.confidence - b.accuracy) for b in bins) / total
            words.append(f"{name}, {label}: mean confidence {100 * gap:+.1f} points off the accuracy")
        ax.set(xlim=(0, 104), ylim=(0, 104), aspect="equal", xlabel="confidence (%)")
        ax.set_title(name, size=10)
    legend = axes[0].legend(loc="upper left", frameon=False, fontsize=9)  # far off the diagonal: mostly empty
    for handle in legend.legend_handles:
        handle.set_sizes([40])  # a scatter
    axes[0].set_ylabel("accuracy (%)")
    return write_alt_text(fig, f"Reliability diagrams. {'; '.join(words)}")
