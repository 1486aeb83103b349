"""The picture of the README: accuracy by number of labels, drawn as SVG from the recorded results.

Written by hand, not by matplotlib: the same bytes on every machine, and a build that needs no plots.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import mean

from course_utils.analysis.arms import Arm, exceeds_images
from course_utils.errors import BuildError
from course_utils.evidence import reading
from course_utils.evidence.labels import CLASSES, EPOCHS, by_seed

FILE = "docs/labels.svg"
MARKS = ("<!-- The picture is made by `course build`. -->", "<!-- End of the picture. -->")
EXPERIMENT = "labels"
SCRATCH = "scratch, ResNet-18"
# Colour and marker (an SVG path) of each start, in colours that people with any colour vision tell apart
# (Okabe and Ito 2008).
STARTS = {
    "probe, EfficientNet-Lite0": ("#009E73", "m0 -6.5l6.5 6.5l-6.5 6.5l-6.5 -6.5z"),
    "probe, ResNet-18": ("#0072B2", "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"),
    "fine-tuned, ResNet-18": ("#D55E00", "m-4.5 -4.5h9v9h-9z"),
    SCRATCH: ("#000000", "m0 -6l5.5 10h-11z"),
}
WIDTH, HEIGHT = 800, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 596, 72, 330  # where the axes stand, in pixels
LINE = 18  # pixels between two names

Curves = Mapping[str, Mapping[int, Sequence[float]]]  # start -> number of labels -> accuracy of each seed


def read_curves() -> tuple[Curves, dict]:
    """What was recorded of the starts that the picture shows, at the amounts at which all of them stand.

    Returns:
        The curves; and of the record its data, the number of test images, and the epochs of training by
        number of labels.

    Raises:
        BuildError: if fewer than two amounts stand.
    """
    record = reading.read(EXPERIMENT)
    standing = {name: by_seed(record, name) for name in STARTS}
    amounts = sorted(set.intersection(*map(set, standing.values())))
    if len(amounts) < 2:
        raise BuildError(f"the record of {EXPERIMENT!r} has no two amounts at which all starts stand.")
    curves = {name: {labels: found[labels] for labels in amounts} for name, found in standing.items()}
    return curves, {
        "data": record["data"],
        "n_images": next(iter(record["arms"].values()))["images"]["test"],
        "epochs": {n * CLASSES: epochs for n, epochs in EPOCHS.items()},
    }


def message(curves: Curves, facts: Mapping) -> str:
    """What the curves say: the fewest labels with which a pretrained start beats scratch with the most.

    To beat is to lead by more than two standard errors of drawing the test images.
    """

    def arm(name: str, labels: int) -> Arm:
        return Arm(name, tuple(curves[name][labels]), facts["n_images"])

    most = max(curves[SCRATCH])
    runs = ", one run" * (len(curves[SCRATCH][most]) == 1)
    rival = f"{most:,} ({SCRATCH}, {facts['epochs'][most]} epochs{runs})"
    bar = arm(SCRATCH, most)
    for labels in sorted(curves[SCRATCH]):
        best = max((arm(name, labels) for name in curves if name != SCRATCH), key=lambda one: one.mean)
        if best.mean > bar.mean and exceeds_images(best, bar):
            return f"{labels:,} labels ({best.name}) beat {rival}"
    return f"Up to {most:,} labels, no pretrained start beats {rival}"


def in_readme(curves: Curves, facts: Mapping) -> str:
    """The README's line that shows the picture, with its message and numbers as alt text."""
    return f"![{message(curves, facts)}. {numbers(curves)} {caption(curves, facts)}.]({FILE})\n"


def numbers(curves: Curves) -> str:
    """One sentence a start: its mean accuracy at each number of labels."""
    sentences = []
    for name, curve in curves.items():
        told = (f"{mean(scores):.0%} with {labels:,}" for labels, scores in sorted(curve.items()))
        sentences.append(f"{name}: {', '.join(told)}")
    return f"Accuracy by number of labels, {'; '.join(sentences)}."


def caption(curves: Curves, facts: Mapping) -> str:
    """Where the numbers come from."""
    counts = {len(scores) for curve in curves.values() for scores in curve.values()}
    seeds = " to ".join(str(count) for count in sorted({min(counts), max(counts)}))
    return (
        f"{facts['data']}, {facts['n_images']:,} test images, {seeds} seeds "
        f"(line: mean, band: lowest to highest); course experiment {EXPERIMENT}"
    )


def draw(curves: Curves, facts: Mapping) -> str:
    """The picture as an SVG file."""
    amounts = sorted(curves[SCRATCH])
    best = max(score for curve in curves.values() for scores in curve.values() for score in scores)
    axes = _Axes(amounts, tenths=math.ceil(10 * best))
    ends = {name: axes.y(mean(curve[amounts[-1]])) for name, curve in curves.items()}
    title, note = escape(message(curves, facts)), escape(caption(curves, facts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="title desc" font-family="Helvetica, Arial, sans-serif" font-size="14" '
        'fill="#262626">\n'
        f'<title id="title">{title}</title>\n<desc id="desc">{escape(numbers(curves))}</desc>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        f'<text x="{LEFT}" y="34" font-size="15" font-weight="bold">{title}</text>\n'
        f"{axes.svg()}{''.join(_curve(axes, name, curve) for name, curve in curves.items())}{_names(ends)}"
        f'<text x="{LEFT}" y="{HEIGHT - 10}" font-size="12" fill="#595959">{note}</text>\n</svg>\n'
    )


@dataclass(frozen=True)
class _Axes:
    """Numbers of labels to the right, on a logarithmic scale; accuracy upwards, from 0 to some tenths."""

    amounts: Sequence[int]
    tenths: int

    def x(self, labels: int) -> float:
        low, high = math.log(self.amounts[0]), math.log(self.amounts[-1])
        return LEFT + (RIGHT - LEFT) * (math.log(labels) - low) / (high - low)

    def y(self, accuracy: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * 10 * accuracy / self.tenths

    def svg(self) -> str:
        lines = []
        for tenth in range(self.tenths + 1):
            at = f"{self.y(tenth / 10):.1f}"
            lines.append(f'<path d="M{LEFT} {at}H{RIGHT}" stroke="#e6e6e6"/>')
            lines.append(f'<text x="{LEFT - 8}" y="{at}" dy="5" text-anchor="end">{10 * tenth} %</text>')
        for n in self.amounts:
            lines.append(f'<text x="{self.x(n):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{n:,}</text>')
        middle = (LEFT + RIGHT) / 2
        lines.append(f'<text x="{middle}" y="{BOTTOM + 42}" text-anchor="middle">labelled images</text>')
        lines.append(f'<text x="{LEFT}" y="{TOP - 8}" font-size="12">test accuracy</text>')
        return "\n".join(lines) + "\n"


def _curve(axes: _Axes, name: str, curve: Mapping[int, Sequence[float]]) -> str:
    """The mean over the seeds as a line with markers, on a band from the lowest to the highest."""
    colour, marker = STARTS[name]
    points = [(axes.x(n), axes.y(mean(curve[n]))) for n in axes.amounts]
    above = [(axes.x(n), axes.y(max(curve[n]))) for n in axes.amounts]
    below = [(axes.x(n), axes.y(min(curve[n]))) for n in reversed(axes.amounts)]
    return (
        f'<path d="{_through(above + below)}Z" fill="{colour}" fill-opacity="0.15"/>\n'
        f'<path d="{_through(points)}" fill="none" stroke="{colour}" stroke-width="2.5"/>\n'
        + "".join(f'<path d="M{x:.1f} {y:.1f}{marker}" fill="{colour}"/>\n' for x, y in points)
    )


def _through(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _names(heights: Mapping[str, float]) -> str:
    """The starts' names at the ends of their lines, from the top, at least a line apart."""
    lines, at = [], -math.inf
    for name, height in sorted(heights.items(), key=lambda item: item[1]):
        at = max(height, at + LINE)
        lines.append(f'<text x="{RIGHT + 12}" y="{at:.1f}" dy="5">{name}</text>\n')
    return "".join(lines)
