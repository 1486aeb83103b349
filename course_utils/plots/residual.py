"""Figures of residual networks: a block as a sketch, sizes of x and F(x), maps, damage, gradients, paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from matplotlib.ticker import MaxNLocator, NullFormatter
from torch import Tensor

from course_utils.analysis.residual import geometric_range
from course_utils.plots.frame import (
    COLOURS,
    FAINT,
    INK,
    CourseFigure,
    display_names,
    house_style,
    mark_chance,
    new_figure,
    seeds,
    series_style,
    write_alt_text,
)
from course_utils.plots.labels import label_right
from course_utils.plots.mosaic import Mosaic
from course_utils.tables import count, percent

SIGNED = colormaps["RdBu_r"]
# The parts of a basic block in the order of the calls, with their places from left to right.
PARTS = {
    "x": 0.0, "conv1\n3x3": 1.3, "bn1": 2.5, "ReLU": 3.6, "conv2\n3x3": 4.8, "bn2": 6.0, "+": 7.2,
    "ReLU ": 8.3, "next block": 9.8,
}  # fmt: skip


@house_style()
def block_sketch() -> CourseFigure:
    """A basic block: the branch F(x), the shortcut above it, their sum, the last ReLU."""
    note = (
        "W x, where shapes differ: a projection, that is a 1x1 convolution with the stride, and a batch norm"
    )
    fig = new_figure("A residual block adds what it computes to its input", ("sketch", note), height=1.8)
    ax = fig.add_subplot()
    for name, place in PARTS.items():
        bare = name in ("x", "next block")
        box = {"boxstyle": "circle" if name == "+" else "round,pad=0.4", "fc": "white", "ec": COLOURS[0]}
        ax.text(place, 0, name.strip(), ha="center", va="center", size=9, bbox=None if bare else box)
    half = {"x": 0.15, "+": 0.22, "next block": 0.6}  # widths, beside 0.4
    for left, right in zip(PARTS, list(PARTS)[1:]):
        ends = PARTS[left] + half.get(left, 0.4), PARTS[right] - half.get(right, 0.4)
        _arrow(ax, (ends[0], 0), (ends[1], 0), "arc3", INK)
    _arrow(ax, (0, 0.25), (PARTS["+"], 0.3), "arc3,rad=-0.28", COLOURS[1])
    ax.text(3.6, 1.42, "shortcut: x, or W x", ha="center", size=9, color=COLOURS[1])
    _brace(ax, PARTS["conv1\n3x3"] - 0.45, PARTS["bn2"] + 0.4, "F(x)")
    _brace(ax, PARTS["+"] - 0.25, PARTS["+"] + 0.25, "H(x) = shortcut + F(x)")
    ax.set(xlim=(-0.5, 10.5), ylim=(-1.0, 1.75))
    ax.set_axis_off()
    words = " to ".join(name.strip() for name in PARTS).replace("\n", " ")
    branch = "a brace from conv1 to bn2 is named F(x)"
    return write_alt_text(fig, f"Boxes in a row: {words}; an arrow leads from x past them to the +; {branch}")


def _brace(ax: Axes, left: float, right: float, name: str) -> None:
    """A brace below the boxes between two places, and what it holds together."""
    middle, top, low = (left + right) / 2, -0.42, -0.55
    ends = ([left, left, middle, middle, middle, right, right], [top, low, low, low - 0.1, low, low, top])
    ax.plot(*ends, color=COLOURS[0], linewidth=1.2, solid_joinstyle="round")
    ax.text(middle, low - 0.16, name, ha="center", va="top", size=10, color=COLOURS[0])


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], way: str, colour: str) -> None:
    """An arrow from ``start`` to ``end``, straight or bent."""
    arrow = FancyArrowPatch(
        start, end, connectionstyle=way, arrowstyle="-|>", mutation_scale=11, color=colour
    )
    ax.add_patch(arrow)


@house_style()
def residual_sizes(
    networks: Mapping[str, Mapping[str, tuple[Tensor, Tensor]]],
    *,
    projections: Sequence[str],
    title: str,
    data: str,
) -> CourseFigure:
    """How large F(x) is beside the shortcut in each block, and the cosine between the two.

    Args:
        networks: for each network and block the ratios of norms and the cosines, float ``[N]`` each,
            one number an image.
        projections: names of the blocks whose shortcut is a projection.
        data: name of the data set and how the images are shown, for the caption.
    """
    blocks = list(next(iter(networks.values())))
    images = len(next(iter(networks.values()))[blocks[0]][0])
    note = "point: mean over images, line: middle 95 % of images, *: projection shortcut"
    fig = new_figure(title, (data, count(images, "image"), note), height=3.6)
    axes = fig.subplots(1, 2)
    words = []
    for i, (name, sizes) in enumerate(networks.items()):
        colour, marker = series_style(i)
        shift = 0.12 * (2 * i - len(networks) + 1)
        for ax, which in zip(axes, (0, 1)):
            values = [sizes[block][which].double() for block in blocks]
            x, means = np.arange(len(blocks)) + shift, [v.mean().item() for v in values]
            ax.plot(x, means, marker, color=colour, markersize=6, label=name)
            ends = [np.quantile(v.numpy(), (0.025, 0.975)) for v in values]
            ax.vlines(x, *zip(*ends), color=colour, alpha=0.5, linewidth=2)
        ratios = ", ".join(f"{block} {sizes[block][0].mean():.2f}" for block in blocks)
        words.append(f"{name}: ratio {ratios}")
    names = [f"{block}*" if block in projections else block for block in blocks]
    for ax in axes:
        ax.set_xticks(range(len(blocks)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes[0].set(ylabel="norm of F(x) / norm of shortcut", ylim=(0, None))
    axes[1].set(ylabel="cosine of F(x) and shortcut")
    axes[1].axhline(0, color=FAINT, linewidth=1)
    axes[0].legend(frameon=False, fontsize=9)
    return write_alt_text(fig, *words)


@house_style()
def block_maps(
    rows: Mapping[str, Mapping[str, Tensor]],
    *,
    title: str,
    data: str,
    image: Tensor | None = None,
    notes: Mapping[str, str] | None = None,
) -> CourseFigure:
    """One channel on its way through blocks: a row for each block, a map for each step.

    Args:
        rows: for each block its maps by name, float ``[H, W]``, from
            :meth:`course_utils.analysis.residual.BlockRecord.maps`.
        image: uint8 ``[3, H, W]``, shown above the rows, or in front of a single one.
        data: what the picture is, for the caption.
        notes: for each block what stands below its name.
    """
    notes = notes or {}
    steps = max(len(maps) for maps in rows.values())
    above = image is not None and len(rows) > 1
    before = image is not None and not above
    names = [
        f"{name}\n{notes.get(key, '')}".strip() for key, name in zip(rows, display_names(rows, "block", 24))
    ]
    note = "red: positive, blue: negative, white: zero; one scale a row; number: norm of the map"
    mosaic = Mosaic(
        len(rows) + above,
        steps + before,
        title=title,
        caption=(data, note),
        lines=1,
        row_names=[*([""] if above else []), *names],
        largest=1.25 if len(rows) == 1 else 0.95,
    )
    if image is not None:
        mosaic.place((0, 0), image.permute(1, 2, 0).cpu().numpy())
        mosaic.write((0, 0), "image")
    words = []
    for row, (name, maps) in enumerate(rows.items(), start=above):
        largest = max(max(m.abs().max().item() for m in maps.values()), 1e-12)
        for column, (step, values) in enumerate(maps.items(), start=before):
            pixels = SIGNED(values.cpu().numpy() / largest / 2 + 0.5, bytes=True)[..., :3]
            mosaic.place((row, column), pixels, frame=FAINT)
            mosaic.write((row, column), f"{step} {values.norm():.2g}")
        sizes = ", ".join(f"{step} {values.norm():.2g}" for step, values in maps.items())
        words.append(f"{name}: {sizes}" + (f", {notes[name]}" if name in notes else ""))
    return write_alt_text(mosaic.figure, f"Norms of the maps, {'; '.join(words)}")


@house_style()
def block_damage(
    damage: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    whole: Sequence[float],
    title: str,
    data: str,
    n_images: int,
    chance: float | None = None,
) -> CourseFigure:
    """Accuracy with one block damaged: a row for each block, a point for each seed, a bar at their mean.

    Args:
        damage: for each kind of damage and each block the accuracies (fractions) of the seeds.
        whole: those of the network as it is, drawn as a line at their mean.
        n_images: number of images that each accuracy is measured on.
        chance: what guessing gives, a fraction.
    """
    runs = [whole, *(scores for blocks in damage.values() for scores in blocks.values())]
    note = "point: one seed, bar: mean, line: the whole network's mean"
    blocks = list(next(iter(damage.values())))
    caption = (data, f"measured on {count(n_images, 'image')}", seeds(runs), note)
    fig = new_figure(title, caption, height=0.9 + 0.5 * len(blocks))
    ax = fig.add_subplot()
    words = []
    for i, (kind, by_block) in enumerate(damage.items()):
        colour, marker = series_style(i)
        for row, scores in enumerate(by_block.values()):
            place, middle = row + 0.2 * (2 * i - len(damage) + 1), 100 * mean(scores)
            ax.plot([middle] * 2, [place - 0.15, place + 0.15], color=INK, linewidth=2)
            points = [100 * score for score in scores]
            label = kind if row == 0 else None
            ax.plot(points, [place] * len(points), marker, color=colour, ms=7, alpha=0.75, label=label)
        words.append(f"{kind}: " + ", ".join(f"{block} {percent(mean(s))}" for block, s in by_block.items()))
    ax.axvline(100 * mean(whole), color=FAINT, linewidth=1.2)
    ax.set_yticks(range(len(blocks)), display_names(blocks, "block", 24))
    ax.set(xlabel="accuracy (%)", ylim=(len(blocks) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(damage), frameon=False, fontsize=9)
    guessing = mark_chance(ax, chance, "x")
    return write_alt_text(fig, f"Dot plot: whole {percent(mean(whole))}; {'; '.join(words)}", guessing)


@house_style()
def gradient_flow(norms: Mapping[str, Sequence[Sequence[float]]], *, title: str, data: str) -> CourseFigure:
    """Gradient norm of each layer from input to output, on a logarithmic axis.

    Args:
        norms: for each network a list per seed of norms, one for each layer.
        data: what the gradient was taken on, for the caption.
    """
    note = "line: geometric mean, band: its 95 % confidence interval (t, over seeds)"
    caption = (data, seeds(list(norms.values())), note)
    fig = new_figure(title, caption, height=3.8)
    ax = fig.add_subplot()
    words = []
    for i, (name, runs) in enumerate(norms.items()):
        middle, low, high = zip(*(geometric_range(values) for values in zip(*runs)))
        x, (colour, marker) = range(1, len(middle) + 1), series_style(i)
        ax.plot(x, middle, color=colour, marker=marker, markevery=max(1, len(x) // 12), label=name)
        ax.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        words.append(f"{name}: first layer {middle[0]:.2g}, last {middle[-1]:.2g}")
    ax.set(xlabel="convolution, counted from the input", ylabel="norm of the loss gradient", yscale="log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    label_right(ax)
    return write_alt_text(fig, f"Line chart: {'; '.join(words)}")


@house_style()
def path_lengths(counts: Sequence[int], *, title: str) -> CourseFigure:
    """Share of the ways through a residual network by the number of residual branches on them.

    Args:
        counts: number of ways of each length, from :func:`course_utils.analysis.residual.path_lengths`.
    """
    ways = sum(counts)
    shares = [100 * (n / ways) for n in counts]
    fig = new_figure(title, (f"{count(len(counts) - 1, 'block')}, arithmetic only",), height=2.8)
    ax = fig.add_subplot()
    ax.bar(range(len(counts)), shares, color=COLOURS[0], width=0.8)
    ax.set(xlabel="residual branches on the way", ylabel="share of all ways (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    most = max(range(len(shares)), key=shares.__getitem__)
    return write_alt_text(
        fig, f"Bar chart: most often {most} branches, {percent(shares[most] / 100)} of all ways"
    )
