"""Figures of a network's insides: first-layer kernels, map sizes, taps that get a gradient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.patches import Rectangle
from torch import Tensor

from course_utils.errors import DataError
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
    write_alt_text,
)
from course_utils.plots.mosaic import Mosaic, grid

TAPS = colormaps["Blues"]


@house_style()
def first_layer_kernels(weight: Tensor, *, title: str, source: str = "") -> CourseFigure:
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
    mosaic = Mosaic(*grid(n, 16), title=title, caption=caption, largest=0.42)
    for i, image in enumerate(pixels):
        mosaic.place(mosaic.cell(i), image)
    return write_alt_text(mosaic.figure)


@house_style()
def map_sizes(rows: Mapping[str, Mapping[str, int]], *, title: str) -> CourseFigure:
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
            name = f"{size} × {size}"
            ax.text(column, row + 0.41, name, ha="center", va="top", size=9, color=ink)
    ax.set_xticks(range(len(stages)), stages)
    ax.set_yticks(range(len(rows)), display_names(rows, "stem", 24))
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    ax.set(xlim=(-0.5, len(stages) - 0.5), ylim=(len(rows) - 0.3, -0.5), aspect="equal")
    lists = {name: ", ".join(f"{s} {n}" for s, n in sizes.items()) for name, sizes in rows.items()}
    words = "; ".join(f"{name}: {sizes}" for name, sizes in lists.items())
    return write_alt_text(fig, f"Side of the feature maps, {words}")


@house_style()
def gradient_taps(shares: Mapping[str, Tensor], *, data: str, title: str | None = None) -> CourseFigure:
    """Which taps of each layer's kernels get a gradient at all.

    Args:
        shares: for each layer a float ``[k, k]``: the fraction of its kernels that get a gradient
            at each tap, ``(weight.grad != 0).float().mean(dim=(0, 1))``.
        data: what the gradient was taken on, for the caption.
    """
    live = {name: f"{int((s > 0).sum())} of {s.numel()}" for name, s in shares.items()}
    worst = min(shares, key=lambda name: float((shares[name] > 0).float().mean()))
    title = title or f"{worst}: {live[worst]} taps of a kernel get a gradient"
    note = "a square per tap, darker: more of the kernels get a gradient there, white: none"
    size = grid(len(shares), 6)
    mosaic = Mosaic(*size, title=title, caption=(data, note), lines=2, largest=1.7)
    for i, (name, share) in enumerate(shares.items()):
        mosaic.place(mosaic.cell(i), _squares(share.cpu().numpy()), frame=FAINT)
        mosaic.write(mosaic.cell(i), legible(name), f"{live[name]} taps")
    words = "; ".join(f"{name} {taps}" for name, taps in live.items())
    return write_alt_text(mosaic.figure, f"Taps with a gradient: {words}")


def _squares(share: np.ndarray, side: int = 12) -> np.ndarray:
    """Shares ``[k, k]`` in 0..1 as an image of k x k squares with lines between them."""
    image = TAPS(np.kron(share, np.ones((side, side))), bytes=True)[..., :3]
    image[::side] = image[:, ::side] = 160
    return image
