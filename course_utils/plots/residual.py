"""Figures of residual networks: blocks as sketches, sizes of x and F(x), maps, losses, gradients, paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke
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
    new_figure,
    seeds,
    series_style,
    write_alt_text,
)
from course_utils.plots.labels import label_right
from course_utils.plots.mosaic import Mosaic
from course_utils.tables import count, percent, two_digits

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


# The kinds of blocks: channels that come in, what stands on the shortcut, the convolutions of the branch.
KINDS = {
    "basic block, identity": (64, "x", ["3x3, 64", "3x3, 64"]),
    "basic block, projection": (64, "W x:\n1x1, 128, /2\nbatch norm", ["3x3, 128, /2", "3x3, 128"]),
    "bottleneck, identity": (256, "x", ["1x1, 64", "3x3, 64", "1x1, 256"]),
}


@house_style()
def block_kinds() -> CourseFigure:
    """Three blocks side by side, top to bottom: identity, projection, bottleneck."""
    note = "kernel, channels out; /2: stride 2; norms and ReLUs of the branch are left out"
    fig = new_figure("A shortcut is x only where F(x) has the shape of x", ("sketch", note), height=2.7)
    words = []
    for ax, (name, (channels, way, branch)) in zip(fig.subplots(1, len(KINDS)), KINDS.items()):
        _block_column(ax, channels, way, branch)
        ax.set_title(name, size=10)
        words.append(f"{name}: {channels} channels in, branch {', '.join(branch)}, shortcut {way}")
    return write_alt_text(fig, *words)


def _block_column(ax: Axes, channels: int, way: str, branch: Sequence[str]) -> None:
    """One block from top to bottom: the branch left, the shortcut right of it."""
    box = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": COLOURS[0]}
    heights = np.linspace(0.78, 0.32, len(branch))
    stops = [0.98, *heights, 0.08]
    for top, low in zip(stops, stops[1:]):
        _arrow(ax, (0.3, top - 0.06), (0.3, low + 0.06), "arc3", INK)
    for height, text in zip(heights, branch):
        ax.text(0.3, height, text, ha="center", va="center", size=8.5, bbox=box)
    ax.text(0.3, 1.0, f"x, {channels}", ha="center", va="center", size=9)
    ax.text(0.3, 0.06, "+", ha="center", va="center", size=10, bbox={**box, "boxstyle": "circle,pad=0.2"})
    ax.plot([0.44, 0.78, 0.78], [1.0, 1.0, 0.06], color=COLOURS[1], linewidth=1.4)
    _arrow(ax, (0.78, 0.06), (0.37, 0.06), "arc3", COLOURS[1])
    frame = {**box, "ec": COLOURS[1] if "W" in way else "none"}
    ax.text(0.78, 0.55, way, ha="center", va="center", size=8.5, color=COLOURS[1], bbox=frame)
    ax.set(xlim=(0, 1.05), ylim=(-0.04, 1.1))
    ax.set_axis_off()


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
    recorded: Mapping[str, Mapping[str, float]] | None = None,
) -> CourseFigure:
    """How large F(x) is beside the shortcut in each block, and the cosine between the two.

    Args:
        networks: for each network and block the ratios of norms and the cosines, float ``[N]`` each,
            one number an image.
        projections: names of the blocks whose shortcut is a projection.
        data: name of the data set and how the images are shown, for the caption.
        recorded: for each recorded run the mean ratio of each block; hollow points.
    """
    blocks = list(next(iter(networks.values())))
    images = len(next(iter(networks.values()))[blocks[0]][0])
    note = "point: mean, line: lowest to highest image, *: projection shortcut"
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
            ends = [(v.min().item(), v.max().item()) for v in values]
            ax.vlines(x, *zip(*ends), color=colour, alpha=0.5, linewidth=2)
        ratios = ", ".join(f"{block} {sizes[block][0].mean():.2f}" for block in blocks)
        words.append(f"{name}: ratio {ratios}")
    for i, (name, known) in enumerate((recorded or {}).items(), start=len(networks)):
        colour, marker = series_style(i)
        axes[0].plot(range(len(blocks)), [known[block] for block in blocks], marker, color=colour, mfc="none",
                     mew=1.8, markersize=8, label=name)  # fmt: skip
        words.append(f"{name}: ratio " + ", ".join(f"{block} {known[block]:.2f}" for block in blocks))
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
    first, *_ = (values for maps in rows.values() for values in maps.values())
    mosaic = Mosaic(
        len(rows) + above,
        steps + before,
        title=title,
        caption=(data, note),
        ratio=first.shape[0] / first.shape[1],
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
def size_against_loss(
    sizes: Mapping[str, float],
    lost: Mapping[str, Mapping[str, Sequence[float]]],
    errors: Mapping[str, float],
    behind: Mapping[str, int],
    *,
    title: str,
    data: str,
) -> CourseFigure:
    """What each block's F(x) is worth, against how large it is and against how many blocks follow.

    Args:
        sizes: for each block the norm of F(x) over that of its shortcut.
        lost: for each way and block the fractions of accuracy that are lost, one for each seed.
        errors: by ``"block way"`` two standard errors of the mean, a fraction.
        behind: for each block how many blocks come after it.
    """
    runs = [scores for blocks in lost.values() for scores in blocks.values()]
    note = "point: mean, line: two standard errors, images paired"
    fig = new_figure(title, (data, seeds(runs), note), height=3.6)
    left, right = fig.subplots(1, 2, sharey=True)
    _draw_losses(left, sizes, lost, errors)
    words = _draw_losses(right, behind, lost, errors)
    left.set(xlabel="norm of F(x) / norm of x", ylabel="points of accuracy lost")
    right.set(xlabel="blocks after it")
    right.invert_xaxis()
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(lost), frameon=False, fontsize=9)
    ratios = ", ".join(f"{name} {size:.2f}, {behind[name]} blocks after it" for name, size in sizes.items())
    return write_alt_text(fig, f"Two scatter plots: ratio {ratios}", *words)


def _draw_losses(
    ax: Axes,
    places: Mapping[str, float],
    lost: Mapping[str, Mapping[str, Sequence[float]]],
    errors: Mapping[str, float],
) -> list[str]:
    """A point for each way and block at the block's place, with its error; returns them in words."""
    ax.axhline(0, color=FAINT, linewidth=1)
    words = []
    for i, (way, blocks) in enumerate(lost.items()):
        colour, marker = series_style(i)
        x, y = [places[block] for block in blocks], [100 * mean(scores) for scores in blocks.values()]
        about = [100 * errors[f"{block} {way}"] for block in blocks]
        ax.errorbar(x, y, about, fmt=marker, color=colour, markersize=7, elinewidth=2, label=way)
        points = ", ".join(f"{name} {value:+.1f}" for name, value in zip(blocks, y))
        words.append(f"{way}, points lost: {points}")
    _name_columns(ax, places, lost, errors)
    ax.margins(x=0.14, y=0.14)
    return words


def _name_columns(
    ax: Axes,
    sizes: Mapping[str, float],
    lost: Mapping[str, Mapping[str, Sequence[float]]],
    errors: Mapping[str, float],
) -> None:
    """Each block's name below its lowest point; to one side where its neighbour is near."""
    blocks = sorted(next(iter(lost.values())), key=sizes.__getitem__)
    near = 0.12 * (sizes[blocks[-1]] - sizes[blocks[0]])
    crowded = [sizes[right] - sizes[left] < near for left, right in zip(blocks, blocks[1:])]
    for block, before, after in zip(blocks, [False, *crowded], [*crowded, False]):
        low = min(100 * (mean(ways[block]) - errors[f"{block} {way}"]) for way, ways in lost.items())
        side, shift = ("left", -4) if before else ("right", 4) if after else ("center", 0)
        text = ax.annotate(block, (sizes[block], low), (shift, -5), textcoords="offset points", color=INK)
        text.set(ha=side, va="top", size=9, path_effects=[withStroke(linewidth=3, foreground="white")])


@house_style()
def growth_and_error(
    growth: Mapping[str, Mapping[int, Sequence[float]]],
    errors: Mapping[str, Mapping[int, Sequence[float]]],
    *,
    title: str,
    data: str,
) -> CourseFigure:
    """How much the gradient grows towards the input, by depth; beside it what is fitted in the end.

    Args:
        growth: for each kind of stack and depth the first layer's gradient norm over the last one's, by seed.
        errors: for each kind and depth the training errors (fractions), by seed.
    """
    note = "left: geometric mean, 95 % confidence interval; right: a point a seed"
    fig = new_figure(title, (data, note), height=3.3)
    left, right = fig.subplots(1, 2, width_ratios=(3, 2))
    deep = sorted({depth for by_depth in errors.values() for depth in by_depth})
    words = []
    for i, kind in enumerate(growth):
        colour, marker = series_style(i)
        spans = {depth: geometric_range(runs) for depth, runs in growth[kind].items()}
        style = {"color": colour, "marker": marker, "label": kind}
        _with_ends(left, [(depth, *span) for depth, span in spans.items()], style)
        fits = {depth: [100 * error for error in runs] for depth, runs in errors[kind].items()}
        for depth, runs in fits.items():
            place = deep.index(depth) + 0.24 * (i - 0.5)
            right.plot([place] * len(runs), runs, linestyle="none", alpha=0.8, **style)
            if len({*runs}) == 1 < len(runs):  # the points lie on one another
                _name_point(right, (place, runs[0]), f"all {len(runs)}: {runs[0]:.0f} %", colour, i % 2)
        grown = ", ".join(f"{two_digits(span[0])} at {depth}" for depth, span in spans.items())
        left_over = ", ".join(f"{mean(runs):.1f} % at {depth}" for depth, runs in fits.items())
        words.append(f"{kind}: first over last gradient {grown} layers; training error {left_over} layers")
    left.set(yscale="log", ylabel="gradient norm, first / last layer", xlabel="layers")
    left.yaxis.set_major_formatter("{x:,g}")
    left.yaxis.set_minor_formatter(NullFormatter())
    right.set(ylabel="training error (%)", xlabel="layers", xlim=(-0.6, len(deep) - 0.3))
    right.margins(y=0.1)
    right.set_xticks(range(len(deep)), [str(depth) for depth in deep])
    ticks = sorted({depth for spans in growth.values() for depth in spans})
    left.set_xticks(ticks, [str(depth) for depth in ticks])
    left.legend(frameon=False, fontsize=9, loc="upper left")
    return write_alt_text(fig, *words)


def _name_point(ax: Axes, place: tuple[float, float], text: str, colour: str, to_the_right: int) -> None:
    """A few words above a point, towards one side."""
    side = "left" if to_the_right else "right"
    ax.annotate(text, place, (0, 7), textcoords="offset points", ha=side, size=9, color=colour)


def _with_ends(ax: Axes, rows: Sequence[tuple[float, float, float, float]], style: Mapping) -> None:
    """A line through the middles; a bar from low to high at each place."""
    x, middle, low, high = zip(*rows)
    ax.plot(x, middle, **style)
    ax.vlines(x, low, high, color=style["color"], alpha=0.5, linewidth=3)


@house_style()
def fitted_in_time(
    curves: Mapping[str, Sequence[Sequence[float]]],
    afterwards: Mapping[str, float],
    *,
    title: str,
    data: str,
) -> CourseFigure:
    """Training error by epoch of runs of several lengths, and what the trained network has afterwards.

    Args:
        curves: for each run a list per seed of errors (fractions) by epoch, counted while it trains.
        afterwards: for each run the trained network's mean error (a fraction), in evaluation mode.
    """
    note = "line: mean, band: lowest to highest seed, star: afterwards, in evaluation mode"
    fig = new_figure(title, (data, seeds(list(curves.values())), note), height=3.6)
    ax = fig.add_subplot()
    words = []
    for i, (name, runs) in enumerate(curves.items()):
        (colour, _), epochs = series_style(i), [[100 * error for error in errors] for errors in zip(*runs)]
        x, last = range(1, len(epochs) + 1), 100 * afterwards[name]
        ax.plot(x, [mean(errors) for errors in epochs], color=colour, label=name)
        ax.fill_between(x, [*map(min, epochs)], [*map(max, epochs)], color=colour, alpha=0.18, linewidth=0)
        ax.plot(len(epochs), last, "*", color=colour, markersize=14, clip_on=False)
        words.append(f"{name}: {mean(epochs[-1]):.1f} % in the last epoch, {last:.1f} % afterwards")
    ax.set(xlabel="epoch", ylabel="training error (%)", ylim=(0, None))
    ax.legend(frameon=False, fontsize=9, loc="upper right")
    return write_alt_text(fig, f"Line chart: {'; '.join(words)}")


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
