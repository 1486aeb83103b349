"""The curves of a run in progress, as SVG: drawn in a millisecond, where matplotlib takes a hundred."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from course_utils.plots.frame import COLOURS
from course_utils.tables import count, percent

if TYPE_CHECKING:
    from course_utils.training.history import History

WIDTH, HEIGHT = 760, 250  # of the picture, in its own units
LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 50, 34, 250, 160  # of the first plot; the second is STEP further
STEP = 390
MOST_POINTS = 300  # of a line: more would be narrower than a pixel
TRAIN, VAL = COLOURS[0], COLOURS[1]
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Frame:
    """One plot: where it lies, and the values at the ends of its axes, which begin at 0."""

    left: float
    x_end: float
    y_end: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        across, up = x / self.x_end, y / self.y_end
        return self.left + PLOT_WIDTH * across, TOP + PLOT_HEIGHT * (1 - up)


def growing_curves(history: History, losses: Sequence[float], epochs: int, batches: int) -> str:
    """Loss by iteration and accuracy by epoch as far as they are known: an ``<svg>`` with its text.

    Args:
        losses: of the iterations of the epoch that is not over yet.
        epochs: how many there will be.
        batches: how many iterations an epoch has.
    """
    every = [*history.iteration_loss, *losses]
    train_loss = _thinned(every)
    val_loss = [(e.epoch * batches, e.val_loss) for e in history.records if math.isfinite(e.val_loss)]
    highest = max((loss for _, loss in (*train_loss, *val_loss)), default=1.0)
    loss_frame = Frame(LEFT, max(epochs * batches, len(every)), 1.05 * highest or 1.0)
    accuracy_frame = Frame(LEFT + STEP, epochs, 100)
    accuracy = {
        part: [(e.epoch, 100 * getattr(e, f"{part}_accuracy")) for e in history.records]
        for part in ("train", "val")
    }
    pieces = [
        *_axes(loss_frame, "loss (nats)", "iteration"),
        *_line(loss_frame, train_loss, "train", TRAIN),
        *_line(loss_frame, val_loss, "val", VAL, square=True),
        *_axes(accuracy_frame, "accuracy (%)", "epoch"),
        *_line(accuracy_frame, accuracy["train"], "train", TRAIN, round_=True),
        *_line(accuracy_frame, accuracy["val"], "val", VAL, square=True),
    ]
    words = html.escape(curves_in_words(history, every, epochs))
    return (
        f'<svg role="img" aria-label="{words}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'style="width:100%;max-width:{WIDTH}px;background:white" font-family="sans-serif" font-size="13">'
        f"{''.join(pieces)}</svg>"
    )


def curves_in_words(history: History, losses: Sequence[float], epochs: int) -> str:
    """The curves in words."""
    text = f"Curves of a training run after {len(history.records)} of {count(epochs, 'epoch')}"
    if losses:
        text += f", last training loss {losses[-1]:.2f} nats"
    if history.records:
        last = history.records[-1]
        text += f", accuracy {percent(last.train_accuracy)} in training"
        text += f", {percent(last.val_accuracy)} in validation"
    return text + "."


def _axes(frame: Frame, y_label: str, x_label: str) -> list[str]:
    bottom, right = TOP + PLOT_HEIGHT, frame.left + PLOT_WIDTH
    pieces = [_text(frame.left - 40, TOP - 16, y_label), _text(right, bottom + 40, x_label, "end")]
    for value in _ticks(frame.y_end):
        _, y = frame.place(0, value)
        pieces.append(f'<path d="M{frame.left} {y:.1f}H{right}" stroke="#ddd"/>')
        pieces.append(_text(frame.left - 6, y + 4, f"{value:g}", "end"))
    for value in _ticks(frame.x_end, whole=True):
        x, _ = frame.place(value, 0)
        pieces.append(_text(x, bottom + 20, f"{value:g}", "middle"))
    pieces.append(f'<path d="M{frame.left} {TOP}V{bottom}H{right}" fill="none" stroke="#666"/>')
    return pieces


def _line(
    frame: Frame, points: Points, name: str, colour: str, *, round_: bool = False, square: bool = False
) -> list[str]:
    """A line with its name at its end; what belongs to validation is dashed and has squares."""
    if not points:
        return []
    places = [frame.place(x, y) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = ' stroke-dasharray="6 4"' if square else ""
    pieces = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>']
    if square:
        pieces += [
            f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="{colour}"/>'
            for x, y in places
        ]
    if round_:
        pieces += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
    x, y = places[-1]
    beside = min(y + (16 if square else -4), TOP + PLOT_HEIGHT - 4)  # above the axis
    return [*pieces, _text(x + 8, beside, name, colour=colour)]


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = "#262626") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def _ticks(end: float, whole: bool = False) -> list[float]:
    values = MaxNLocator(4, integer=whole).tick_values(0, end)
    return [float(value) for value in values if 0 <= value <= end]


def _thinned(losses: Sequence[float]) -> Points:
    """At most :data:`MOST_POINTS` iterations, each with the mean of those that it stands for."""
    values = np.asarray(losses, dtype=float)
    size = max(1, math.ceil(len(values) / MOST_POINTS))
    starts = np.arange(0, len(values), size)
    if not len(starts):
        return []
    ends = np.minimum(starts + size, len(values))
    means = np.add.reduceat(values, starts) / (ends - starts)
    return [(x, y) for x, y in zip(ends.tolist(), means.tolist()) if math.isfinite(y)]
