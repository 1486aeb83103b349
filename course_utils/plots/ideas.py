"""Drawings of what was new in a family of networks, where boxes and arrows would not show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from course_utils.plots.frame import COLOURS, FAINT, INK
from course_utils.plots.shapes import arrow, block, frame, lattice, maps, picture, scene, word

DATA, CONVOLUTION, ATTENTION, LINEAR = "0.93", "#CFE3F1", "#F7D9C4", "#CDEBDF"
STRONG = {"convolution": COLOURS[5], "linear": COLOURS[2], "attention": COLOURS[4]}


@dataclass(frozen=True)
class Idea:
    """A drawing: its title, its height in inches, a note, and what draws it and tells it in words."""

    title: str
    height: float
    note: str
    draw: Callable[[Axes], str]


def _lenet(ax: Axes) -> str:
    """Maps to scale: 32 pixels are 0.8 inches."""
    inch, middle, left = 0.8 / 32, 0.95, 0.1
    steps = (
        ("image", 32, 1, DATA, "conv 5x5"), ("6 maps", 28, 6, CONVOLUTION, "pool"),
        ("6 maps", 14, 6, CONVOLUTION, "conv 5x5"), ("16 maps", 10, 16, CONVOLUTION, "pool"),
        ("16 maps", 5, 16, CONVOLUTION, "linear"),
    )  # fmt: skip
    for name, side, number, fill, then in steps:
        width = maps(ax, left, middle, side * inch, number, fill)
        word(ax, left + width / 2, 1.78, f"{name}\n{side}x{side}")
        arrow(ax, (left + width + 0.05, middle), (left + width + 0.36, middle))
        word(ax, left + width + 0.2, 0.2, then)
        left += width + 0.42
    for width in (120, 84, 10):
        block(ax, left, middle - width / 200, (0.12, width / 100), LINEAR)
        word(ax, left + 0.06, 1.78, str(width))
        left += 0.3
    squares = ", ".join(f"{name} of {side}x{side}" for name, side, *_ in steps)
    return f"Squares to scale: {squares}; then linear layers with 120, 84 and 10 outputs"


ALEXNET = (  # layer, side of its kernel, parameters, multiply-adds (10^6) of an image of 224 pixels
    ("conv 1", 11, 23_296, 70.3), ("conv 2", 5, 307_392, 223.9), ("conv 3", 3, 663_936, 112.1),
    ("conv 4", 3, 884_992, 149.5), ("conv 5", 3, 590_080, 99.7), ("linear 1", 0, 37_752_832, 37.7),
    ("linear 2", 0, 16_781_312, 16.8), ("linear 3", 0, 4_097_000, 4.1),
)  # fmt: skip


def _alexnet(ax: Axes) -> str:
    """Kernels to scale; shares of the work above a line, shares of the weights below it."""
    parameters = sum(weights for _, _, weights, _ in ALEXNET)
    work = sum(macs for _, _, _, macs in ALEXNET)
    base, tall = 1.12, 1.4  # inches; a bar of all
    for i, (name, side, weights, macs) in enumerate(ALEXNET):
        x, strong = 1.5 + 0.78 * i, STRONG["convolution" if side else "linear"]
        if side:
            lattice(ax, x - 0.03 * side, 2.17 - 0.03 * side, side, 0.06, CONVOLUTION)
        word(ax, x, 2.65, f"{name}\n{side}x{side}" if side else name)
        up, down = macs / work, weights / parameters
        block(ax, x - 0.2, base, (0.4, tall * up), strong)
        block(ax, x - 0.2, base - tall * down, (0.4, tall * down), strong)
        word(ax, x, base + tall * up + 0.09, f"{100 * up:.0f} %")
        word(ax, x, base - tall * down - 0.09, f"{100 * down:.0f} %" if down > 0.005 else "0.04 %")
    ax.plot([1.1, 7.4], [base, base], color=INK, lw=1)
    word(ax, 0.5, 2.17, "kernel,\nto scale")
    word(ax, 0.5, base + 0.25, "share of the\nmultiply-adds")
    word(ax, 0.5, base - 0.25, "share of the\nweights")
    convolutions = sum(weights for _, side, weights, _ in ALEXNET if side) / parameters
    return (
        f"Bars by layer: five convolutions hold {convolutions:.0%} of the weights, the linear layers the rest"
    )


def _vgg(ax: Axes) -> str:
    """A pixel of the output and what it sees, for one kernel of 5x5 and for two of 3x3."""
    cell, blue = 0.17, STRONG["convolution"]
    rows = (("one 5x5", (5, 1), 25, 1), ("two 3x3", (5, 3, 1), 18, 2))
    for row, (name, sides, weights, relus) in enumerate(rows):
        middle = 1.75 - 1.05 * row
        word(ax, 0.42, middle, name, weight="bold")
        places = [1.0 + (0.95 if len(sides) == 3 else 1.9) * i for i in range(len(sides))]
        for x, side in zip(places, sides):
            half = side * cell / 2
            lattice(ax, x + 0.42 - half, middle - half, side, cell, blue if side == 1 else CONVOLUTION)
        for (x, side), (to, less) in zip(zip(places, sides), zip(places[1:], sides[1:])):
            for sign in (1, -1):
                start, end = (x + 0.42 + side * cell / 2, to + 0.42 - less * cell / 2)
                heights = [middle + sign * side * cell / 2, middle + sign * less * cell / 2]
                ax.plot([start, end], heights, color=FAINT, lw=0.8)
        block(ax, 4.1, middle - 0.14, (weights / 25 * 2.2, 0.28), blue)
        word(ax, 4.1 + weights / 25 * 1.1, middle, f"{weights} C²  weights")
        word(ax, 7.0, middle, f"{relus} ReLU")
    word(ax, 1.42, 0.1, "what one pixel sees")
    word(ax, 3.32, 0.1, "that pixel")
    return "; ".join(
        f"{name}: {weights} C² weights, {relus} ReLU, sees 5x5 pixels" for name, _, weights, relus in rows
    )


def _depthwise(ax: Axes) -> str:
    """A square for each pair of channels, in it the weights of that pair."""
    blue, channels, pitch, bottom = STRONG["convolution"], 4, 0.36, 0.3

    def pairs(left: float, side: int, only_own: bool) -> None:
        for row in range(channels):
            for column in range(channels):
                corner = (left + pitch * column, bottom + pitch * (channels - 1 - row))
                if only_own and row != column:
                    word(ax, corner[0] + 0.15, corner[1] + 0.15, "·", color=FAINT)
                    continue
                margin = 0.15 - 0.05 * side
                lattice(ax, corner[0] + margin, corner[1] + margin, side, 0.1, blue)

    for left, side, only_own, name, weights in (
        (0.75, 3, False, "one 3x3 convolution", "16 x 9 = 144 weights"),
        (3.5, 3, True, "3x3 depthwise", "4 x 9 = 36"),
        (5.75, 1, False, "1x1 pointwise", "16 x 1 = 16, together 52"),
    ):
        pairs(left, side, only_own)
        word(ax, left + 0.7, 1.96, name, weight="bold")
        word(ax, left + 0.7, 0.12, weights)
    word(ax, 0.35, 1.0, "4\nchannels\nin", color=FAINT)
    word(ax, 1.45, 1.8, "4 channels out", color=FAINT)
    word(ax, 2.75, 1.0, "becomes", size=9)
    word(ax, 5.3, 1.0, "then", size=9)
    return "For 4 channels: 144 weights of a 3x3 convolution become 36 depthwise and 16 pointwise ones"


def _scaling(ax: Axes) -> str:
    """Slabs: as many as layers, as thick as channels, as tall as pixels; B4's factors (the authors' code)."""
    deeper, wider, sharper = 1.8, 1.4, 380 / 224
    kinds = (
        ("B0", 1, 1, 1), ("deeper", deeper, 1, 1), ("wider", 1, wider, 1), ("more pixels", 1, 1, sharper),
        ("all three: B4", deeper, wider, sharper),
    )  # fmt: skip
    left = 0.15
    for name, depth, width, pixels in kinds:
        slabs, thick, tall = round(5 * depth), 0.11 * width, 0.72 * pixels
        fill = STRONG["convolution"] if name.startswith("all") else CONVOLUTION
        for i in range(slabs):
            block(ax, left + i * (thick + 0.03), 0.95 - tall / 2, (thick, tall), fill)
        whole = slabs * (thick + 0.03)
        word(ax, left + whole / 2, 1.75, name, weight="bold")
        changed = {"layers": depth, "channels": width, "pixels a side": pixels}
        told = [f"{factor:.1f} x {what}" for what, factor in changed.items() if factor > 1]
        said = "\n".join(told) if len(told) < 3 else f"{depth:g} x, {width:g} x, {pixels:.1f} x"
        word(ax, left + whole / 2, 0.14, said or "224 px")
        left += whole + 0.45
    factors = f"{deeper} times B0's layers, {wider} times its channels, 380 pixels for 224"
    return f"Five networks as rows of slabs; B4 has {factors}"


def _patches(ax: Axes) -> str:
    """A picture cut into patches, the patches as a row of tokens, one of which looks at all."""
    image, n, side = scene(), 4, 1.5
    picture(ax, image, 0.15, 0.4, side)
    for i in range(1, n):
        at = i * side / n
        ax.plot([0.15, 1.65], [0.4 + at] * 2, color="white", lw=2)
        ax.plot([0.15 + at] * 2, [0.4, 1.9], color="white", lw=2)
    arrow(ax, (1.75, 1.15), (2.1, 1.15))
    step = image.shape[0] // n
    chosen = 9
    for i in range(n * n + 1):
        x = 2.2 + 0.275 * i
        if i:
            row, column = divmod(i - 1, n)
            part = image[row * step : (row + 1) * step, column * step : (column + 1) * step]
            picture(ax, part, x, 0.55, 0.22)
        else:
            block(ax, x, 0.55, (0.22, 0.22), STRONG["attention"])
        start, end = (2.31 + 0.275 * chosen, 1.58), (x + 0.11, 0.8)
        ax.plot(*zip(start, end), color=STRONG["attention"], lw=1.6 if i in (0, 10, 13) else 0.7)
    at = 2.2 + 0.275 * chosen
    row, column = divmod(chosen - 1, n)
    picture(ax, image[row * step : (row + 1) * step, column * step : (column + 1) * step], at, 1.6, 0.22)
    word(ax, at + 0.11, 1.93, "one token, in the next block: a weighted sum of all")
    word(ax, 0.9, 0.2, "16 patches (ViT-B/16: 196)")
    word(ax, 2.2, 0.36, "class token: its last value gives the scores", ha="left")
    word(ax, 7.75, 1.15, "12 such\nblocks", ha="right")
    return (
        "A picture cut into 16 patches; they and a class token in a row; lines from each of them to one token"
    )


def _windows(ax: Axes) -> str:
    """Which tokens look at each other in three steps of Swin."""
    cell, orange = 0.2, STRONG["attention"]

    def lit(inside: Callable[[int, int], bool]) -> Callable[[int, int], str]:
        return lambda row, column: (
            orange if (row, column) == (3, 3) else ATTENTION if inside(row, column) else "white"
        )

    for left, inside, edges, name in (
        (0.2, lambda r, c: r < 4 and c < 4, (4,), "attention in windows"),
        (2.7, lambda r, c: 2 <= r < 6 and 2 <= c < 6, (2, 6), "then in shifted windows"),
    ):
        lattice(ax, left, 0.35, 8, cell, lit(inside))
        for edge in edges:
            ax.plot([left, left + 8 * cell], [0.35 + (8 - edge) * cell] * 2, color=COLOURS[0], lw=2.2)
            ax.plot([left + edge * cell] * 2, [0.35, 0.35 + 8 * cell], color=COLOURS[0], lw=2.2)
        word(ax, left + 0.8, 2.1, name, weight="bold")
    for x, y in (([2.7, 4.3], [1.15, 1.15]), ([3.5, 3.5], [0.35, 1.95])):
        ax.plot(x, y, color=COLOURS[0], lw=1.4, linestyle=(0, (2, 2)))  # where the first windows met
    lattice(ax, 5.2, 0.35, 4, 2 * cell, ATTENTION)
    frame(ax, 5.2, 0.35, 8 * cell, COLOURS[0])
    word(ax, 6.0, 2.1, "then 2x2 tokens become one", weight="bold")
    for left in (1.95, 4.45):
        arrow(ax, (left, 1.15), (left + 0.55, 1.15))
    for left, words in (
        (0.2, "the dark token sees its window"),
        (2.7, "parts of all four (dashed)"),
        (5.2, "one window holds all the map"),
    ):
        word(ax, left + 0.8, 0.17, words)
    return (
        "Three grids: a token in its window of 4x4; in a window shifted by two, which has parts of four "
        "windows; half as many tokens a side, all in one window"
    )


def _masked(ax: Axes) -> str:
    """A picture, what is left of it, and what is to be guessed."""
    image, n, side = scene(), 8, 1.6
    step = image.shape[0] // n
    shown = np.random.default_rng(5).permutation(n * n)[: n * n // 4]
    hidden, guess = np.full_like(image, 0.78), image.copy()
    for i in range(n * n):
        row, column = (step * k for k in divmod(i, n))
        place = np.s_[row : row + step, column : column + step]
        if i in shown:
            hidden[place] = image[place]
        else:
            guess[place] = image[place].mean(axis=(0, 1))
    for left, part, above, below in (
        (0.3, image, "a picture", "64 patches"),
        (3.05, hidden, "three quarters hidden", "MAE's network sees 16"),
        (5.8, guess, "to be guessed", "MAE: pixels, BEiT: picture words"),
    ):
        picture(ax, part, left, 0.35, side)
        word(ax, left + side / 2, 2.08, above, weight="bold")
        word(ax, left + side / 2, 0.17, below)
    arrow(ax, (2.1, 1.15), (2.85, 1.15))
    arrow(ax, (4.85, 1.15), (5.6, 1.15))
    word(ax, 5.22, 1.32, "Transformer")
    return "A picture; the same with three quarters of its patches grey; and a coarse guess of the grey ones"


def _captions(ax: Axes) -> str:
    """Pictures against captions: the diagonal belongs together; and class names in place of captions."""
    image, cell = scene(96), 0.46
    crops = (image[30:94, 5:69], image[0:48, 48:96], image[48:96, 48:96])
    texts = ("a house", "the sun", "green hills")
    for i, (crop, text) in enumerate(zip(crops, texts)):
        middle = 1.48 - cell * i
        picture(ax, crop[: min(crop.shape[:2]), : min(crop.shape[:2])], 0.25, middle - 0.2, 0.4)
        arrow(ax, (0.75, middle), (1.55, middle))
        across = 1.65 + cell * (i + 0.5)
        arrow(ax, (across, 2.13), (across, 1.76))
        word(ax, across, 2.2, text, rotation=30, ha="left", rotation_mode="anchor")
    lattice(ax, 1.65, 0.33, 3, cell, lambda row, column: STRONG["linear"] if row == column else "white")
    word(ax, 1.15, 1.72, "image tower")
    word(ax, 2.9, 1.95, "text tower", ha="left")
    word(ax, 2.34, 0.16, "green: should be close; white: far apart")
    word(ax, 1.6, 2.77, "training: pairs from the web", weight="bold")
    return _named(ax, crops[0])


def _named(ax: Axes, crop: np.ndarray) -> str:
    """A picture against the texts of three classes: bars of probability, with their axis."""
    left, whole = 5.7, 0.7
    picture(ax, crop, 4.6, 0.97, 0.5)
    arrow(ax, (5.2, 1.22), (5.6, 1.22))
    for i, (text, share) in enumerate(
        (("a photo of a cat", 0.08), ("a photo of a house", 0.86), ("a photo of a ship", 0.06))
    ):
        y = 1.62 - 0.4 * i
        block(ax, left, y - 0.1, (whole * share, 0.2), STRONG["linear"] if share > 0.5 else LINEAR)
        word(ax, left + whole + 0.08, y, text, ha="left")
    ax.plot([left, left, left + whole, left + whole], [1.85, 0.58, 0.58, 0.63], color=INK, lw=0.9)
    for share in (0, 1):
        word(ax, left + whole * share, 0.47, str(share))
    word(ax, left + whole / 2, 0.3, "probability")
    word(ax, 6.0, 2.77, "use: class names are the head", weight="bold")
    return (
        "Three pictures against three captions, close on the diagonal; a picture against three class texts, "
        "with bars of probability from 0 to 1"
    )


IDEAS: Mapping[str, Idea] = {
    "LeNet": Idea("maps shrink and multiply, then linear layers decide", 2.0, "maps to scale", _lenet),
    "AlexNet": Idea(
        "a thousand times LeNet's size; convolutions do the work, linear layers hold the weights", 2.85,
        "blue: convolution, green: linear; torchvision's AlexNet, 224 pixels", _alexnet),
    "VGG": Idea(
        "two 3x3 kernels see as far as one 5x5, with fewer weights", 2.35, "C channels in and out", _vgg),
    "Depthwise separable (MobileNet)": Idea(
        "first in space, each channel by itself; then across channels, each pixel by itself", 2.1,
        "a small square is one weight", _depthwise),
    "Compound scaling (EfficientNet)": Idea(
        "deeper, wider and sharper together", 1.9,
        "a slab: a layer, its thickness: channels, its height: pixels; factors of B4", _scaling),
    "Patches and attention (ViT)": Idea(
        "a picture is a sentence of patches; each token looks at all others", 2.1, "", _patches),
    "Shifted windows (Swin)": Idea(
        "attention inside windows that shift, on maps that shrink", 2.25,
        "here 4x4 tokens a window, shifted by 2; Swin-T: 7x7, by 3, four stages", _windows),
    "Masked tokens (BEiT, MAE)": Idea(
        "hide patches and let the network say what was there", 2.25,
        "as in MAE; no labels; the guess is drawn, not a network's", _masked),
    "Images and texts (CLIP)": Idea(
        "a picture and its caption should be close; class names become a head", 2.95, "", _captions),
}  # fmt: skip
