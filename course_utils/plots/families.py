"""A picture for each family of the zoo: a drawing of its idea, or boxes and arrows where these show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from course_utils.errors import CourseError
from course_utils.plots.frame import COLOURS, INK, house_style, new_figure, write_alt_text
from course_utils.plots.ideas import IDEAS, Idea
from course_utils.plots.shapes import canvas

TINTS = {  # what a box is: pale enough for dark letters
    "data": "0.93",
    "convolution": "#CFE3F1",
    "attention": "#F7D9C4",
    "linear": "#CDEBDF",
    "merge": "#F3DCEA",
}
LEGEND = {
    "data": "grey: data",
    "convolution": "blue: convolution",
    "attention": "orange: attention",
    "linear": "green: linear",
    "merge": "pink: other steps",
}
HALF_HEIGHT = 0.34
ROW, COLUMN = 0.78, 0.68  # inches
BRACKET_ROOM = 0.56  # rows below the boxes


@dataclass(frozen=True)
class Box:
    """A box at column ``x`` and row ``y`` (0 is the middle, positive is up), ``width`` columns wide."""

    text: str
    x: float
    kind: str = "convolution"
    y: float = 0.0
    width: float = 1.5


@dataclass(frozen=True)
class Sketch:
    """The idea of a family: a sentence, boxes, and arrows between them by their numbers.

    Attributes:
        bent: arrows that pass over the boxes between, or below where the third number is negative: it is the
            height of the arc in rows.
        repeats: brackets below the boxes from one number to another, and what they say.
    """

    idea: str
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[int, int], ...]
    bent: tuple[tuple[int, int, float], ...] = field(default=())
    repeats: tuple[tuple[int, int, str], ...] = field(default=())


def _chain(*texts: str | tuple[str, str], start: float = 0.0, step: float = 2.0) -> tuple[Box, ...]:
    """Boxes in a row; a pair gives text and kind."""
    pairs = [(text, "convolution") if isinstance(text, str) else text for text in texts]
    return tuple(Box(text, start + step * i, kind) for i, (text, kind) in enumerate(pairs))


def _in_line(n: int) -> tuple[tuple[int, int], ...]:
    return tuple((i, i + 1) for i in range(n - 1))


SKETCHES: Mapping[str, Sketch] = {
    "Inception (GoogLeNet)": Sketch(
        "several kernel sizes side by side; 1x1 convolutions make them cheap",
        (
            Box("192 maps", 0, "data"),
            Box("1x1: 64", 3.1, y=1.2, width=3.0),
            Box("1x1: 96, then 3x3: 128", 3.1, y=0.4, width=3.0),
            Box("1x1: 16, then 5x5: 32", 3.1, y=-0.4, width=3.0),
            Box("pool, then 1x1: 32", 3.1, y=-1.2, width=3.0),
            Box("concatenate", 6.3, "merge", width=1.6),
            Box("256 maps", 8.5, "data"),
        ),
        ((0, 1), (0, 2), (0, 3), (0, 4), (1, 5), (2, 5), (3, 5), (4, 5), (5, 6)),
    ),
    "Residual (ResNet)": Sketch(
        "a block learns what to add to its input",
        _chain(("x", "data"), "conv 3x3", "conv 3x3", ("x + F(x)", "merge"), ("ReLU", "merge")),
        _in_line(5),
        ((0, 3, 0.5),),
        ((1, 2, "F(x)"),),
    ),
    "Dense (DenseNet)": Sketch(
        "each layer sees the maps of all layers before it",
        _chain(("maps", "data"), "conv", "conv", "conv", ("concatenate", "merge")),
        _in_line(5),
        ((0, 2, 0.3), (0, 3, 0.45), (1, 3, -0.35), (0, 4, 0.6), (1, 4, -0.55), (2, 4, -0.35)),
    ),
    "Distillation token (DeiT)": Sketch(
        "one more token learns what a trained CNN answers",
        (
            Box("patches", 0, "linear"),
            Box("Transformer\n(as ViT)", 2.4, "attention"),
            Box("class token", 5, "data", y=0.6),
            Box("distillation\ntoken", 5, "data", y=-0.6),
            Box("label", 7.4, "data", y=0.6),
            Box("answer of a CNN\n(teacher)", 7.4, y=-0.6, width=1.9),
        ),
        ((0, 1), (1, 2), (1, 3), (2, 4), (3, 5)),
    ),
    "Contrast and momentum (MoCo)": Sketch(
        "find the second view of the same image among views of others; no labels",
        (
            Box("image", 0, "data", y=0.6),
            Box("view 1", 2.2, "data", y=1.2),
            Box("view 2", 2.2, "data"),
            Box("other images", 2.2, "data", y=-1.2, width=1.7),
            Box("encoder", 5, y=1.2, width=1.7),
            Box("slow copy of it\n(moving mean)", 5, y=-0.6, width=2.1),
            Box("close: 1 and 2\nfar: 1 and others", 8.2, "merge", y=0.3, width=2.3),
        ),
        ((0, 1), (0, 2), (1, 4), (2, 5), (3, 5), (4, 6), (5, 6)),
    ),
    "ConvNeXt": Sketch(
        "a CNN again, with what Transformers taught: patches, 7x7 depthwise, LayerNorm, GELU",
        _chain(
            ("patches\n4x4", "linear"),
            ("x", "data"),
            "7x7\ndepthwise",
            ("LayerNorm", "merge"),
            ("linear\nx 4", "linear"),
            ("GELU", "merge"),
            ("linear\n/ 4", "linear"),
            ("x + F(x)", "merge"),
        ),
        _in_line(8),
        ((1, 7, 0.5),),
        ((1, 7, "18 blocks in 4 stages"),),
    ),
    "Self-distillation (DINOv2)": Sketch(
        "a student must give, from parts, what its own slow copy gives from the whole; no labels",
        (
            Box("image", 0, "data"),
            Box("small crops", 2.2, "data", y=0.6),
            Box("large crops", 2.2, "data", y=-0.6),
            Box("student", 4.6, "attention", y=0.6),
            Box("teacher\n(moving mean)", 4.6, "attention", y=-0.6, width=1.8),
            Box("same answer?", 7, "merge", width=1.7),
        ),
        ((0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5)),
    ),
}


@house_style()
def family(name: str) -> Figure:
    """The picture of one family, one of ``IDEAS`` or ``SKETCHES``.

    Raises:
        CourseError: for a family without a picture.
    """
    if name in IDEAS:
        return _drawing(name, IDEAS[name])
    if name in SKETCHES:
        return _boxes(name, SKETCHES[name])
    raise CourseError(f"there is no sketch of {name!r}.", expected=", ".join([*IDEAS, *SKETCHES]))


def _drawing(name: str, idea: Idea) -> Figure:
    fig = new_figure(f"{name}: {idea.title}", ("sketch", idea.note), height=idea.height)
    ax = fig.add_subplot()
    words = idea.draw(ax)
    canvas(ax, idea.height)
    return write_alt_text(fig, words)


def _boxes(name: str, sketch: Sketch) -> Figure:
    rows = {box.y for box in sketch.boxes}
    above = max(abs(y) for y in rows) + HALF_HEIGHT + (0.66 if sketch.bent else 0.12)
    below = max(above, HALF_HEIGHT + BRACKET_ROOM) if sketch.repeats else above
    title = f"{name}: {sketch.idea}"
    kinds = {box.kind for box in sketch.boxes}
    colours = ", ".join(words for kind, words in LEGEND.items() if kind in kinds)
    fig = new_figure(title, ("sketch: not every layer is drawn", colours), height=ROW * (above + below))
    ax = fig.add_subplot()
    for box in sketch.boxes:
        _draw(ax, box)
    for start, end in sketch.arrows:
        _connect(ax, sketch.boxes[start], sketch.boxes[end], 0.0)
    for start, end, bend in sketch.bent:
        _connect(ax, sketch.boxes[start], sketch.boxes[end], bend)
    for start, end, words in sketch.repeats:
        _bracket(ax, sketch.boxes[start], sketch.boxes[end], words)
    right = max(box.x + box.width / 2 for box in sketch.boxes)
    ax.set(xlim=(-1.0, max(right + 0.25, 10.5)), ylim=(-below, above), xticks=[], yticks=[])
    ax.axis("off")
    brackets = (f"{words}: {_read(sketch.boxes[start : end + 1])}" for start, end, words in sketch.repeats)
    return write_alt_text(fig, f"Boxes and arrows: {_read(sketch.boxes)}", *brackets)


def _draw(ax: Axes, box: Box) -> None:
    corner = (box.x - box.width / 2, box.y - HALF_HEIGHT)
    style = "round,pad=0,rounding_size=0.08"
    ax.add_patch(
        FancyBboxPatch(
            corner, box.width, 2 * HALF_HEIGHT, style, facecolor=TINTS[box.kind], edgecolor=INK, lw=0.8
        )
    )
    ax.text(box.x, box.y, box.text, ha="center", va="center", size=8)


def _connect(ax: Axes, start: Box, end: Box, bend: float) -> None:
    """An arrow from the right of one box to the left of another; bent ones leave from the top or bottom."""
    up = HALF_HEIGHT if bend > 0 else -HALF_HEIGHT
    rise = 2 * bend * ROW / (COLUMN * (end.x - start.x))  # an arc's peak is half of rad times its length
    tail = (start.x, start.y + up) if bend else (start.x + start.width / 2, start.y)
    head = (end.x, end.y + up) if bend else (end.x - end.width / 2, end.y)
    ax.add_patch(
        FancyArrowPatch(
            tail,
            head,
            arrowstyle="-|>",
            mutation_scale=9,
            lw=1.1,
            shrinkA=1,
            shrinkB=1,
            connectionstyle=f"arc3,rad={-rise}",
            color=COLOURS[0] if bend else INK,
        )
    )


def _bracket(ax: Axes, first: Box, last: Box, words: str) -> None:
    """A bracket below the boxes from ``first`` to ``last``, named."""
    left, right = first.x - first.width / 2, last.x + last.width / 2
    low = first.y - HALF_HEIGHT - 0.22
    ax.plot([left, left, right, right], [low + 0.1, low, low, low + 0.1], color=INK, lw=1)
    ax.text((left + right) / 2, low - 0.06, words, ha="center", va="top", size=8)


def _read(boxes: Sequence[Box]) -> str:
    return ", ".join(box.text.replace("\n", " ") for box in boxes)
