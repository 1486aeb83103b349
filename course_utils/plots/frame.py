"""What all figures share: style, fonts, title and caption, direct labels, alt text, display."""

from __future__ import annotations

import base64
import contextlib
import functools
import html
import io
import math
import textwrap
from collections.abc import Sequence

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

DPI = 110  # 8 inches fill a notebook's output cell
WIDTH, MARGIN = 8.0, 0.1  # inches
# Colours that people with any kind of colour vision tell apart (Okabe and Ito 2008), without the
# yellow, which is too light for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
RIGHT, WRONG = COLOURS[0], COLOURS[1]
# Where the name of a point may stand: points away from it, the nearest first.
DISTANCES = (8, 16, 26, 38, 52)
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7))
INK, FAINT = "0.15", "0.4"
# DejaVu Sans comes with matplotlib; these have Chinese, Japanese and Korean, one for each platform.
CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "PingFang SC",
    "Hiragino Sans GB", "Heiti TC", "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a class named "$5" is a name, not a formula
    "axes.grid": True,
    "grid.color": "0.92",
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": MARGIN,
}


class CourseFigure(Figure):
    """A figure that carries alt text and shows itself, with it, as the last line of a cell."""

    alt_text = ""

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return mimebundle(self)


def describe(fig: Figure, text: str) -> Figure:
    """Give ``fig`` its alt text: the message and the main numbers, for who cannot see the figure."""
    fig.alt_text = " ".join(text.split())
    return fig


def show(fig: Figure, dpi: int = DPI) -> None:
    """Display ``fig`` in a notebook as a PNG with its alt text; outside of IPython do nothing."""
    try:
        from IPython import get_ipython
        from IPython.display import publish_display_data
    except ImportError:
        return
    if get_ipython() is not None:
        publish_display_data(*mimebundle(fig, dpi))


def mimebundle(fig: Figure, dpi: int = DPI) -> tuple[dict, dict]:
    """``(data, metadata)`` of a notebook output that shows ``fig``.

    HTML comes first wherever notebooks are shown, and is the only form whose alt text JupyterLab and
    nbconvert's default template keep. The PNG is for readers that take no HTML.
    """
    alt = getattr(fig, "alt_text", "")
    buffer = io.BytesIO()
    with house_style():
        fig.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    png = base64.b64encode(buffer.getvalue()).decode()
    image = f'<img src="data:image/png;base64,{png}" alt="{html.escape(alt)}" style="max-width:100%">'
    data = {"text/html": image, "image/png": png, "text/plain": alt or repr(fig)}
    return data, {"image/png": {"alt": alt}}


@contextlib.contextmanager
def house_style():
    """Our style and fonts, whatever the user's settings are; as a decorator, for a whole function."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE, **{"font.family": font_families()})
        yield


def new_figure(title: str, caption: Sequence[str], *, width: float = WIDTH, height: float) -> Figure:
    """An empty figure with a title above and a small caption of several facts below it.

    Args:
        width, height: inches left for the content; title and caption get theirs on top.
    """
    title = textwrap.fill(legible(title), int(width * 10))
    facts = " · ".join(legible(fact) for fact in caption if fact)
    facts = textwrap.fill(facts, int(width * 15))
    height += 0.26 * len(title.splitlines()) + 0.15 * len(facts.splitlines()) + 0.3
    fig = CourseFigure((width, height), layout="constrained")
    fig.suptitle(title, x=MARGIN / width, ha="left", size=13)
    fig.supxlabel(facts, x=MARGIN / width, ha="left", size=8, color=FAINT)
    return fig


# Fonts


@functools.cache
def font_families() -> list[str]:
    """DejaVu Sans, and every known font with Chinese, Japanese or Korean that is installed."""
    regular = {
        font.name
        for font in font_manager.fontManager.ttflist
        if font.style == "normal" and font_manager.weight_dict.get(font.weight, font.weight) == 400
    }
    return ["DejaVu Sans", *(name for name in CJK_FONTS if name in regular)]


@functools.cache
def has_glyph(character: str) -> bool:
    """Whether one of our fonts can draw ``character``."""
    paths = (font_manager.findfont(family) for family in font_families())
    return any(font_manager.get_font(path).get_char_index(ord(character)) for path in paths)


def legible(text: str, instead: str | None = None) -> str:
    """``text`` on one line, if our fonts have it; else ``instead``, or ``?`` for each character they lack."""
    text = " ".join(str(text).split())
    if all(map(has_glyph, text)):
        return text
    return instead or "".join(c if has_glyph(c) else "?" for c in text)


def class_names(classes: Sequence[str], length: int = 16) -> list[str]:
    """Names to print: shortened to ``length``; ``class 3`` where no installed font has the glyphs."""
    return [shorten(legible(name, f"class {i}"), length) for i, name in enumerate(classes)]


def shorten(text: str, length: int) -> str:
    """``text``, cut with an ellipsis if it is longer than ``length`` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


# Words and numbers


def percent(fraction: float) -> str:
    """0.712 as ``71.2 %``."""
    return f"{100 * fraction:.1f} %"


def count(n: int, noun: str) -> str:
    """1000, "image" as ``1,000 images``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def seeds(runs: Sequence[Sequence]) -> str:
    """How many seeds the arms have: ``3 seeds``, or ``1 to 3 seeds`` where they differ."""
    fewest, most = min(map(len, runs)), max(map(len, runs))
    return count(most, "seed") if fewest == most else f"{fewest} to {most} seeds"


# Direct labels


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Move positions in 0..1 apart until neighbours are ``gap`` apart, as little as possible.

    Least squares under the order of the positions: pool adjacent violators.
    """
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    blocks: list[list[float]] = []
    for rank, i in enumerate(order):
        blocks.append([positions[i] - rank * gap])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    pooled = [_mean(block) for block in blocks for _ in block]
    last = max(0.0, 1 - gap * (len(order) - 1))
    moved = [0.0] * len(order)
    for rank, i in enumerate(order):
        moved[i] = min(max(pooled[rank], 0.0), last) + rank * gap
    return moved


def label_right(ax: Axes, size: float = 9.5) -> None:
    """Name each labelled line of ``ax`` at the right edge, with a leader from its last point."""
    ax.figure.draw_without_rendering()
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    ends = [_last_point(line) for line in lines]
    gap = 1.35 * size * ax.figure.dpi / 72 / ax.bbox.height
    heights = spread([_axes_fraction(ax, *end)[1] for end in ends], gap)
    for line, end, height in zip(lines, ends, heights):
        text, colour = line.get_label(), line.get_color()
        _leader(ax, end, (1.04, height), text, colour, size, ha="left", va="center")


def label_top(ax: Axes, marks: Sequence[tuple[float, str]], size: float = 8.5) -> None:
    """Mark places on the x axis by dashed lines, named above the axes; ``marks`` holds x and text."""
    ax.figure.draw_without_rendering()
    gap = 0.6 * size * max((len(text) + 1 for _, text in marks), default=0) * ax.figure.dpi / 72
    places = spread([_axes_fraction(ax, x, 0)[0] for x, _ in marks], gap / ax.bbox.width)
    for (x, text), place in zip(marks, places):
        ax.axvline(x, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        end = (x, ax.get_ylim()[1])
        _leader(ax, end, (place, 1.05), text, FAINT, size, ha="center", va="bottom")


def label_points(ax: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str]) -> None:
    """Name points: each text goes to the nearest place where it covers no point and no other name."""
    ax.figure.draw_without_rendering()
    pixels = [ax.transData.transform(point) for point in points]
    taken = [Bbox.from_extents(x - 8, y - 8, x + 8, y + 8) for x, y in pixels]
    offsets = [(d * dx, d * dy) for d in DISTANCES for dx, dy in DIRECTIONS]
    for point, text in zip(points, texts):
        for offset in offsets:
            label = _beside(ax, point, text, offset)
            box = label.get_window_extent()
            if _inside(ax.bbox, box) and not any(box.overlaps(other) for other in taken):
                break
            label.remove()
        else:
            label = _beside(ax, point, text, offsets[0])
        taken.append(label.get_window_extent())


def _beside(ax: Axes, point: tuple[float, float], text: str, offset: tuple[float, float]) -> Annotation:
    dx, dy = offset
    far = max(abs(dx), abs(dy)) > DISTANCES[0]
    return ax.annotate(
        text, point, offset, textcoords="offset points", size=9.5,
        ha="left" if dx > 0 else "right" if dx < 0 else "center",
        va="bottom" if dy > 0 else "top" if dy < 0 else "center",
        arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.7} if far else None,
    )  # fmt: skip


def _inside(outer: Bbox, box: Bbox) -> bool:
    return (outer.min <= box.min).all() and (box.max <= outer.max).all()


def _leader(ax, point, place, text, colour, size, **align) -> None:
    ax.annotate(
        text, point, place, textcoords="axes fraction", size=size, annotation_clip=False,
        arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.9, "shrinkA": 1, "shrinkB": 3},
        **align,
    )  # fmt: skip


def _last_point(line: Line2D) -> tuple[float, float]:
    """The last point that is finite; a diverged run ends in nan."""
    finite = [(x, y) for x, y in line.get_xydata() if math.isfinite(y)]
    return finite[-1] if finite else (line.get_xdata()[-1], sum(line.axes.get_ylim()) / 2)


def _axes_fraction(ax: Axes, x: float, y: float) -> tuple[float, float]:
    return ax.transAxes.inverted().transform(ax.transData.transform((x, y)))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
