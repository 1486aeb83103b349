"""Figures of one training run: the loss of every iteration, the metrics of every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_utils.errors import DataError
from course_utils.plots.frame import (
    COLOURS,
    CourseFigure,
    house_style,
    new_figure,
    series_style,
    write_alt_text,
)
from course_utils.plots.labels import label_right, label_top
from course_utils.tables import count, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from course_utils.training.history import History

NO_EPOCH = "the history holds no finished epoch: train for one at least."


@house_style()
def iteration_loss(history: History, *, title: str | None = None) -> CourseFigure:
    """The training loss of every iteration, with a running mean over a twentieth of the run."""
    losses = np.asarray(history.iteration_loss, dtype=float)
    if len(losses) == 0:
        raise DataError("the history holds no iteration yet.", do="train for one epoch at least")
    window = max(1, len(losses) // 20)
    mean = running_mean(losses, window)
    title = title or _loss_title(losses, mean)
    caption = (*_facts(history), f"line: mean of {count(window, 'iteration')}" if window > 1 else "")
    fig = new_figure(title, caption, height=3.4)
    ax = fig.add_subplot()
    x = np.arange(1, len(losses) + 1)
    ax.plot(x, losses, color=COLOURS[5], linewidth=0.8, alpha=0.6)
    ax.plot(x, mean, color=COLOURS[0], linewidth=2.2, marker="." if len(x) < 20 else "")
    ax.set(xlabel="iteration", ylabel="training loss (nats)", xlim=(0, len(losses) + 1))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    per_epoch = len(losses) // max(1, len(history.records))
    label_top(ax, _unfreezing([(e - 1) * per_epoch + 0.5 for e in history.unfreeze_epochs]))
    return write_alt_text(fig, f"Line chart of {count(len(losses), 'iteration')}")


@house_style()
def unfreezing_jump(
    history: History, recorded: Sequence[float], frozen: int, *, title: str, data: str
) -> CourseFigure:
    """Accuracy of every epoch: on the left this run, on the right another one that was recorded.

    Args:
        recorded: validation accuracies (fractions) of the other run's epochs.
        frozen: in how many of these the backbone was frozen.
        data: what the other run was trained on, for the caption.
    """
    if not history.records:
        raise DataError(NO_EPOCH)
    fig = new_figure(title, ("left: " + ", ".join(_facts(history)), f"right: {data}"), height=3.5)
    ours, theirs = fig.subplots(1, 2, sharey=True, width_ratios=(2, 3))
    _pair(ours, history.records, "accuracy", "accuracy (%)", 100)
    ours.set_xlabel("epoch of your run")
    label_top(ours, _unfreezing([e - 0.5 for e in history.unfreeze_epochs]))
    label_right(ours)
    epochs = range(1, len(recorded) + 1)
    theirs.plot(
        epochs, [100 * value for value in recorded], color=series_style(1)[0], marker="s", label="val"
    )
    theirs.set(xlabel="epoch, recorded", ylabel="validation accuracy (%)")
    theirs.xaxis.set_major_locator(MaxNLocator(integer=True))
    label_top(theirs, _unfreezing([frozen + 0.5]))
    before, after = recorded[frozen - 1 : frozen + 1]
    words = f"recorded, {percent(before)} before unfreezing and {percent(after)} after it"
    return write_alt_text(fig, f"Two line charts of accuracy by epoch; {words}")


@house_style()
def epoch_metrics(history: History, *, title: str | None = None) -> CourseFigure:
    """Loss and accuracy of every epoch in training and validation; unfreezing and best marked."""
    epochs = history.records
    if not epochs:
        raise DataError(NO_EPOCH)
    best = epochs[history.best_epoch - 1]
    title = title or f"Best on validation: epoch {best.epoch}, {percent(best.val_accuracy)}"
    cut_short = "interrupted" if history.interrupted else ""
    fig = new_figure(title, (*_facts(history), cut_short), height=3.5)
    loss, accuracy = fig.subplots(1, 2)
    _pair(loss, epochs, "loss", "loss (nats)", 1)
    _pair(accuracy, epochs, "accuracy", "accuracy (%)", 100)
    marks = _unfreezing([e - 0.5 for e in history.unfreeze_epochs])
    for ax, value in ((loss, best.val_loss), (accuracy, 100 * best.val_accuracy)):
        ax.plot(best.epoch, value, "o", markersize=12, markerfacecolor="none", color=COLOURS[1])
        label_top(ax, [*marks, (best.epoch, "best")])
        label_right(ax)
    unfrozen = ", ".join(map(str, history.unfreeze_epochs))
    unfrozen = f"The backbone is unfrozen from epoch {unfrozen}" if unfrozen else ""
    last = epochs[-1]
    loss = f"loss {last.train_loss:.2f} in training, {last.val_loss:.2f} in validation"
    accuracy = f"accuracy {percent(last.train_accuracy)} and {percent(last.val_accuracy)}"
    kind = f"Two line charts over {count(len(epochs), 'epoch')}, at the end"
    return write_alt_text(fig, f"{kind}: {loss}, {accuracy}", unfrozen)


def running_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of the ``window`` values around each, fewer at the ends; only finite ones count."""
    window = min(window, len(values))
    finite, ones = np.isfinite(values), np.ones(window)
    total = np.convolve(np.where(finite, values, 0), ones, mode="same")
    number = np.convolve(finite.astype(float), ones, mode="same")
    return np.divide(total, number, out=np.full(len(values), np.nan), where=number > 0.5)


def _loss_title(losses: np.ndarray, mean: np.ndarray) -> str:
    if np.isfinite(losses).all():
        return f"Training loss goes from {mean[0]:.2f} to {mean[-1]:.2f} nats"
    first = np.isfinite(losses).argmin() + 1
    return f"Training diverges: the loss is not finite at iteration {first:,}"


def _pair(ax: Axes, epochs: list, metric: str, label: str, scale: float) -> None:
    x = [e.epoch for e in epochs]
    for i, part in enumerate(("train", "val")):
        y = [scale * getattr(e, f"{part}_{metric}") for e in epochs]
        colour, marker = series_style(i)
        every = max(1, len(x) // 15)
        ax.plot(x, y, color=colour, marker=marker, markevery=every, label=part)
    ax.set(xlabel="epoch", ylabel=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _unfreezing(places: list[float]) -> list[tuple[float, str]]:
    return [(x, "" if i else "unfrozen") for i, x in enumerate(places)]


def _facts(history: History) -> tuple[str, ...]:
    train, val = count(history.n_train, "training image"), count(history.n_val, "validation image")
    return history.data, train, val, f"seed {history.seed}"
