"""Figures of a network's insides: first-layer kernels, map sizes, kernel taps that get a gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from course_utils.errors import DataError
from course_utils.plots.frame import (
    FAINT, INK, RIGHT, WRONG, count, describe, house_style, legible, new_figure, percent,
)  # fmt: skip
from course_utils.plots.mosaic import Mosaic

TAPS = colormaps["Blues"]


@house_style()
def first_layer_kernels(weight: Tensor, *, title: str, source: str) -> Figure:
    """The kernels of a first convolution as small images.

    Args:
        weight: float ``[out, 3, k, k]``, for example ``model.conv1.weight``.
        source: where the weights come from, for the caption.
    """
    if weight.ndim != 4 or weight.shape[1] != 3:
        raise DataError(
            "these kernels do not see three colours.",
            expected="the weight of a first convolution, [out, 3, k, k]",
            found=str(list(weight.shape)),
        )
    kernels = weight.detach().float().cpu().permute(0, 2, 3, 1).numpy()
    n, size = kernels.shape[:2]
    largest = np.maximum(np.abs(kernels).max(axis=(1, 2, 3), keepdims=True), 1e-12)
    pixels = (127.5 + 127.5 * kernels / largest).round().astype(np.uint8)
    caption = (source, f"{n} kernels of {size} × {size}", "each on its own scale, grey is zero")
    columns = 16
    mosaic = Mosaic(-(-n // columns), columns, title=title, caption=caption, largest=0.42)
    for i, image in enumerate(pixels):
        mosaic.place(divmod(i, columns), image)
    return describe(mosaic.figure, f"{n} kernels of {size} by {size} pixels in colour, {source}. {title}.")


@house_style()
def map_sizes(rows: Mapping[str, Mapping[str, int]], *, title: str) -> Figure:
    """How the feature maps shrink: squares to scale, a row for each stem, a column for each stage.

    Args:
        rows: for each stem the side of its maps in pixels, by stage, in order. A stage that a stem
            does not have is left out of its mapping.
    """
    stages = list(dict.fromkeys(stage for sizes in rows.values() for stage in sizes))
    widest = max(size for sizes in rows.values() for size in sizes.values())
    fig = new_figure(title, ("squares to scale, sides in pixels",), height=0.5 + 0.95 * len(rows))
    ax = fig.add_subplot()
    for row, sizes in enumerate(rows.values()):
        for column, stage in enumerate(stages):
            size = sizes.get(stage)
            if size is None:
                ax.text(column, row, "none", ha="center", va="center", size=9, color=FAINT)
                continue
            side = 0.72 * size / widest
            corner = (column - side / 2, row - side / 2)
            square, ink = (WRONG, WRONG) if size == 1 else (RIGHT, INK)
            ax.add_patch(Rectangle(corner, side, side, color=square, linewidth=1))
            ax.text(column, row + 0.41, f"{size} × {size}", ha="center", va="top", size=9, color=ink)
    ax.set_xticks(range(len(stages)), stages)
    ax.set_yticks(range(len(rows)), [legible(name) for name in rows])
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    ax.set(xlim=(-0.5, len(stages) - 0.5), ylim=(len(rows) - 0.3, -0.5), aspect="equal")
    told = [f"{name}: {', '.join(f'{s} {n}' for s, n in sizes.items())}" for name, sizes in rows.items()]
    return describe(fig, f"{title}. Side of the feature maps in pixels. {'; '.join(told)}.")


@house_style()
def gradient_taps(has_gradient: Mapping[str, Tensor], *, data: str, title: str | None = None) -> Figure:
    """Which taps of each convolution's kernels get a gradient at all.

    Args:
        has_gradient: for each parameter a bool tensor of its shape, ``parameter.grad != 0``.
            Parameters of all shapes count in the title; kernels ``[out, in, k, k]`` are drawn.
        data: what the gradient was taken on, for the caption.
    """
    total = sum(mask.numel() for mask in has_gradient.values())
    dead = total - sum(int(mask.sum()) for mask in has_gradient.values())
    title = title or f"{percent(dead / total)} of the parameters get exactly zero gradient"
    kernels = {name: mask for name, mask in has_gradient.items() if mask.ndim == 4 and mask.shape[-1] > 1}
    note = "one square per tap, darker: more of the kernels get a gradient there, white: none"
    caption = (data, f"{dead:,} of {count(total, 'parameter')}", note)
    columns = 6
    mosaic = Mosaic(-(-len(kernels) // columns), columns, title=title, caption=caption, lines=2)
    told = []
    for i, (name, mask) in enumerate(kernels.items()):
        share = mask.float().mean(dim=(0, 1)).cpu().numpy()
        live = f"{int((share > 0).sum())} of {share.size} taps"
        short = name.removesuffix(".weight")
        mosaic.place(divmod(i, columns), _squares(share), frame=FAINT)
        mosaic.write(divmod(i, columns), short, live)
        told.append(f"{short} {live}")
    return describe(mosaic.figure, f"{title}, {data}. Taps with a gradient: {'; '.join(told)}.")


def _squares(share: np.ndarray, side: int = 12) -> np.ndarray:
    """Shares ``[k, k]`` in 0..1 as an image of k x k squares with lines between them."""
    image = TAPS(np.kron(share, np.ones((side, side))), bytes=True)[..., :3]
    image[::side] = image[:, ::side] = 160
    return image
