"""What all figures share: style, fonts, title and caption, alt text, display."""

from __future__ import annotations

import base64
import contextlib
import functools
import html
import io
import itertools
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from course_utils.tables import count

DPI = 110  # 8 inches fill a notebook's output cell
WIDTH, MARGIN = 8.0, 0.1  # inches
TITLE_LETTERS = 9  # of an inch at most; at 10 a title of many wide ones was cut off at the right
# Colours that people with any kind of colour vision tell apart (Okabe and Ito 2008), without the
# yellow, which is too light for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
RIGHT, WRONG = COLOURS[0], COLOURS[1]
# Starts and methods that many figures show, by how their names begin: the place of their colour and marker.
KNOWN_ARMS = {
    "from scratch": 0,
    "scratch": 0,
    "random": 0,
    "full fine-tuning": 1,
    "fine-tuned": 1,
    "partial fine-tuning": 2,
    "nearest neighbours": 3,
    "k nearest neighbours": 3,
    "linear probe": 4,
    "probe, ResNet-18": 4,
    "pretrained": 4,  # a probe of pretrained features, beside those of other networks
    "our recipe": 5,
    "weights permuted": 9,  # from 7 on: a colour that another arm has, with another marker
    "probe, EfficientNet-Lite0": 6,
    "raw pixels": 13,
}
INK, FAINT = "0.15", "0.4"
REGULAR = (400, "normal", "regular", "book")  # what font files call the weight of plain text
# DejaVu Sans comes with matplotlib; these have Chinese, Japanese and Korean, one for each platform.
CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "PingFang SC",
    "Hiragino Sans GB", "Heiti TC", "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a class named "$5" is a name, not a formula
    "axes.formatter.useoffset": False,
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


def series_style(i: int) -> tuple[str, str]:
    """Colour and marker of the ``i``-th line or arm; no two of the first 49 share both."""
    return COLOURS[i % len(COLOURS)], MARKERS[(i + i // len(COLOURS)) % len(MARKERS)]


def arm_styles(names: Iterable[str]) -> list[tuple[str, str]]:
    """Colour and marker of each arm: those of a start or method are the same in all figures.

    Other arms, and the second one of the same beginning, get what is left, in order.
    """
    wanted = [_known_arm(name) for name in names]
    left = (i for i in itertools.count() if i not in wanted)
    styles: list[int] = []
    for i in wanted:
        styles.append(next(left) if i is None or i in styles else i)
    return [series_style(i) for i in styles]


def _known_arm(name: str) -> int | None:
    return next((i for beginning, i in KNOWN_ARMS.items() if name.startswith(beginning)), None)


def mark_chance(ax: Axes, chance: float | None, axis: str = "y") -> str:
    """Draw what guessing gives (a fraction, or nothing for ``None``), and return it as a sentence."""
    if chance is None:
        return ""
    place = 100 * chance
    line: dict[str, Any] = {"color": FAINT, "linewidth": 1, "linestyle": (0, (4, 3)), "zorder": 1}
    if axis == "y":
        ax.axhline(place, **line)
        where: dict[str, Any] = {"xy": (1, place), "xycoords": ("axes fraction", "data"), "ha": "right"}
    else:
        ax.axvline(place, **line)
        where = {"xy": (place, 0), "xycoords": ("data", "axes fraction")}
    away = (-3, 3) if axis == "y" else (3, 3)
    outline = [withStroke(linewidth=2, foreground="white")]
    look: dict[str, Any] = {"color": FAINT, "size": 8, "zorder": 4, "path_effects": outline}
    ax.annotate("guessing", **where, xytext=away, textcoords="offset points", **look)
    return f"guessing gives {place:.1f} %"


def describe(fig: CourseFigure, text: str) -> CourseFigure:
    """Give ``fig`` its alt text: the message and the main numbers, for those who cannot see it."""
    fig.alt_text = " ".join(text.split())
    return fig


def write_alt_text(fig: CourseFigure, *sentences: str) -> CourseFigure:
    """Give ``fig`` an alt text of its title, its caption and further sentences."""
    parts = [fig.get_suptitle(), fig.get_supxlabel().replace(" · ", ", "), *sentences]
    parts = [part.strip() for part in parts if part]
    return describe(fig, " ".join(p if p.endswith((".", "?", "!")) else p + "." for p in parts))


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

    HTML is what notebook programs show first, and the only form whose alt text JupyterLab 4 and
    nbconvert's default template keep. The PNG is for readers that take no HTML.
    """
    alt = getattr(fig, "alt_text", "")
    buffer = io.BytesIO()
    with house_style():
        fig.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    png = base64.b64encode(buffer.getvalue()).decode()
    source = f"data:image/png;base64,{png}"
    image = f'<img src="{source}" alt="{html.escape(alt)}" style="max-width:100%">'
    data = {"text/html": image, "image/png": png, "text/plain": alt or repr(fig)}
    return data, {"image/png": {"alt": alt}}


@contextlib.contextmanager
def house_style():
    """Our style and fonts whatever the user's settings are; ``@house_style()`` for a function."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE | {"font.family": font_families()})
        yield


def new_figure(title: str, caption: Sequence[str], *, width: float = WIDTH, height: float) -> CourseFigure:
    """An empty figure with a title above and a small caption of several facts below it.

    Args:
        caption: the name of the data, then other facts; what is empty is left out.
        width, height: inches left for the content; title and caption get theirs on top.
    """
    title = textwrap.fill(legible(title), int(width * TITLE_LETTERS))
    data, *facts = caption
    words = [legible(data, "data set"), *map(legible, facts)]
    note = textwrap.fill(" · ".join(filter(None, words)), int(width * 15))
    height += 0.26 * len(title.splitlines()) + 0.15 * len(note.splitlines()) + 0.3
    fig = CourseFigure((width, height), layout="constrained")
    fig.suptitle(title, x=MARGIN / width, ha="left", size=13)
    fig.supxlabel(note, x=MARGIN / width, ha="left", size=8, color=FAINT)
    return fig


# Fonts


@functools.cache
def font_families() -> list[str]:
    """DejaVu Sans, and every known font with Chinese, Japanese or Korean that is installed."""
    regular = {
        font.name
        for font in font_manager.fontManager.ttflist
        if font.style == "normal" and font.weight in REGULAR
    }
    return ["DejaVu Sans", *(name for name in CJK_FONTS if name in regular)]


@functools.cache
def has_glyph(character: str) -> bool:
    """Whether one of our fonts can draw ``character``."""
    paths = (font_manager.findfont(family) for family in font_families())
    return any(font_manager.get_font(path).get_char_index(ord(character)) for path in paths)


def legible(text: str, instead: str | None = None) -> str:
    """``text`` on one line if our fonts have it; else ``instead``, or ``?`` for what they lack."""
    text = " ".join(str(text).split())
    if all(map(has_glyph, text)):
        return text
    return instead or "".join(c if has_glyph(c) else "?" for c in text)


def display_names(names: Iterable[str], noun: str = "class", length: int = 16) -> list[str]:
    """Names as figures show them: shortened, and ``class 3`` where no font has the glyphs.

    Names that would be shortened alike keep their ends, too; those that are alike even so get their numbers.
    """
    whole = [legible(name, f"{noun} {i}") for i, name in enumerate(names)]
    labels = {name: shorten(name, length) for name in whole}
    labels |= {name: shorten_middle(name, length) for name in _alike(labels)}
    numbers = {name: f" {whole.index(name)}" for name in _alike(labels)}
    labels |= {name: shorten(name, length - len(number)) + number for name, number in numbers.items()}
    return [labels[name] for name in whole]


def _alike(labels: Mapping[str, str]) -> list[str]:
    """The names whose label is another name's, too."""
    times = Counter(labels.values())
    return [name for name, label in labels.items() if times[label] > 1]


def shorten(text: str, length: int) -> str:
    """``text``, cut with an ellipsis if it is wider than ``length`` letters."""
    if text_width(text) <= length:
        return text
    while text_width(text) >= length:
        text = text[:-1]
    return text + "…"


def shorten_middle(text: str, length: int) -> str:
    """``text``, cut with an ellipsis in its middle if it is wider than ``length`` letters."""
    if text_width(text) <= length:
        return text
    head, tail = text, text
    while text_width(tail) > (length - 1) // 2:
        tail = tail[1:]
    while text_width(head + tail) >= length:
        head = head[:-1]
    return f"{head}…{tail}"


def text_width(text: str) -> int:
    """The width of ``text`` in letters; a Chinese character counts as two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


# Words and numbers


def capitalised(text: str) -> str:
    """``text`` with a capital at the beginning, as a title has it."""
    return text[:1].upper() + text[1:]


def seeds(runs: Sequence[Sequence]) -> str:
    """How many seeds the arms have: ``3 seeds``, or ``1 to 3 seeds`` where they differ."""
    fewest, most = min(map(len, runs)), max(map(len, runs))
    return count(most, "seed") if fewest == most else f"{fewest} to {most} seeds"
