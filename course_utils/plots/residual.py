"""Figures of residual networks: sizes of x and F(x), maps of a block, gradient norms, paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.ticker import MaxNLocator, NullFormatter
from torch import Tensor

from course_utils.analysis.residual import geometric_range
from course_utils.plots.frame import (
    COLOURS,
    FAINT,
    CourseFigure,
    count,
    display_names,
    house_style,
    new_figure,
    percent,
    seeds,
    series_style,
    write_alt_text,
)
from course_utils.plots.labels import label_right
from course_utils.plots.mosaic import Mosaic

SIGNED = colormaps["RdBu_r"]


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
    axes[0].set(ylabel="norm of F(x) / norm of shortcut (1)", ylim=(0, None))
    axes[1].set(ylabel="cosine of F(x) and shortcut (1)")
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
        image: uint8 ``[3, H, W]``, shown in front of the first row.
        data: what the picture is, for the caption.
        notes: for each block what stands below its name.
    """
    notes = notes or {}
    steps = max(len(maps) for maps in rows.values())
    note = "red: positive, blue: negative, white: zero; one scale a row; number: norm of the map"
    mosaic = Mosaic(
        len(rows),
        steps + (image is not None),
        title=title,
        caption=(data, note),
        lines=1,
        row_names=[
            f"{name}\n{notes.get(key, '')}".strip()
            for key, name in zip(rows, display_names(rows, "block", 24))
        ],
        largest=1.25 if len(rows) == 1 else 0.95,
    )
    words = []
    for row, (name, maps) in enumerate(rows.items()):
        largest = max(max(m.abs().max().item() for m in maps.values()), 1e-12)
        if image is not None and row == 0:
            mosaic.place((0, 0), image.permute(1, 2, 0).cpu().numpy())
            mosaic.write((0, 0), "image")
        for column, (step, values) in enumerate(maps.items(), start=image is not None):
            pixels = SIGNED(values.cpu().numpy() / largest / 2 + 0.5, bytes=True)[..., :3]
            mosaic.place((row, column), pixels, frame=FAINT)
            mosaic.write((row, column), f"{step} {values.norm():.2g}")
        sizes = ", ".join(f"{step} {values.norm():.2g}" for step, values in maps.items())
        words.append(f"{name}: {sizes}" + (f", {notes[name]}" if name in notes else ""))
    return write_alt_text(mosaic.figure, f"Norms of the maps, {'; '.join(words)}")


@house_style()
def gradient_flow(norms: Mapping[str, Sequence[Sequence[float]]], *, title: str, data: str) -> CourseFigure:
    """Gradient norm of each layer from input to output, on a logarithmic axis.

    Args:
        norms: for each network a list per seed of norms, one for each layer.
        data: what the gradient was taken on, for the caption.
    """
    note = "line: geometric mean, band: its 95 % range over seeds"
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
    ax.set(xlabel="convolution, counted from the input", ylabel="norm of gradient (nats)", yscale="log")
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
