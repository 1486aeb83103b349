"""Watch a training run: progress, time left, growing curves, a button to stop and one to resume."""

from __future__ import annotations

import html
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils import plots
from course_utils.data.augment import Preprocess
from course_utils.data.images import Splits
from course_utils.plots.frame import CourseFigure, mimebundle
from course_utils.plots.growing import growing_curves
from course_utils.training.checkpoint import MemoryCheckpoint
from course_utils.training.fitting import fit
from course_utils.training.history import History
from course_utils.training.loop import count_batches
from course_utils.training.recipe import Recipe
from course_utils.widgets import live

SECONDS_BETWEEN_UPDATES = 0.5  # an update costs about 1 ms of CPU time
INTERRUPT = "To stop, choose Interrupt in the menu (Kernel or Runtime): what is trained so far stays."
RESUME = "Resume continues after the last whole epoch; then run the cells below again."


def fit_with_panel(
    model: nn.Module,
    splits: Splits,
    recipe: Recipe,
    preprocess: Preprocess,
    *,
    checkpoint: str | Path | MemoryCheckpoint | None = None,
    seed: int = 0,
    figure: Callable[[History], CourseFigure] = plots.epoch_metrics,
) -> History:
    """:func:`~course_utils.training.fitting.fit` with a panel to look at while it trains.

    Stop ends after the current batch: the model has the weights of its best epoch, the history what was
    measured. Resume continues after the last whole epoch and completes the same model and the same
    history. Where no notebook is open, a bar shows the progress and a figure the end.

    Args:
        checkpoint: as for ``fit``; by default one in memory, where there is a panel.
        seed: as for ``fit``.
        figure: what shows the history at the end.
    """
    if not live.is_interactive():
        history = fit(model, splits, recipe, preprocess, checkpoint=checkpoint, seed=seed)
        if history.records:
            plots.show(figure(history))
        return history

    panel = TrainingPanel(recipe.epochs, figure)
    kept = checkpoint or MemoryCheckpoint()

    def train() -> History:
        return fit(
            model,
            splits,
            recipe,
            preprocess,
            seed=seed,
            checkpoint=kept,
            progress=False,
            should_stop=panel.stop.is_set,
            on_batch=panel.on_batch,
            on_epoch=panel.on_epoch,
        )

    return panel.run(train)


class TrainingPanel:
    """The panel, and what ``fit`` is given of it: ``stop``, ``on_batch`` and ``on_epoch``.

    Buttons only set ``stop`` or start the next stretch where cells run; all else happens between batches.

    Args:
        epochs: how many the run will have.
        figure: what shows the history at the end.
    """

    def __init__(self, epochs: int, figure: Callable[[History], CourseFigure] = plots.epoch_metrics):
        import ipywidgets as widgets

        self.figure, self.epochs, self.stop = figure, epochs, threading.Event()
        self.history, self.next_look = History(), 0.0
        self.losses: list[float] = []
        self.started, self.epochs_before = 0.0, 0
        wide = {"description_width": "4em"}
        self.epoch_bar = widgets.IntProgress(max=epochs, description="epoch", style=wide)
        self.batch_bar = widgets.IntProgress(description="batch", style=wide)
        whole = {"flex": "none"}  # in a narrow page the text goes below its bar; by default it is cut
        self.epoch_text, self.batch_text = widgets.Label(layout=whole), widgets.Label(layout=whole)
        self.state, self.curves = widgets.HTML(), widgets.HTML()
        self.stop_button = widgets.Button(
            description="Stop", tooltip="End after this batch and keep what is trained so far"
        )
        self.resume_button = widgets.Button(
            description="Resume", tooltip="Continue after the last complete epoch"
        )
        self.stop_button.on_click(lambda _: self.stop.set())
        self.resume_button.on_click(lambda _: live.run_in_main_thread(self._train))
        live.let_clicks_through(self.stop_button)
        rows = [
            widgets.HBox([self.epoch_bar, self.epoch_text], layout={"flex_flow": "row wrap"}),
            widgets.HBox([self.batch_bar, self.batch_text], layout={"flex_flow": "row wrap"}),
            widgets.HBox([self.stop_button, self.resume_button]),
            self.state,
            self.curves,
        ]
        self.view = widgets.VBox(rows)
        _show(self.stop_button, False)
        _show(self.resume_button, False)

    def run(self, train: Callable[[], History]) -> History:
        """Show the panel, call ``train``, and offer to call it again if it was stopped.

        Returns:
            The history; a later Resume completes this very object.
        """
        self.train, self.kept = train, History()
        self.transient = {"display_id": uuid.uuid4().hex}
        text = {"text/plain": "a training run, watched in a panel that this program cannot show"}
        self._publish((text, {}))
        self._train()
        return self.kept

    def on_epoch(self, history: History) -> None:
        """Before the first epoch and after each: start counting batches anew."""
        if not self.started:
            self.started, self.epochs_before = time.perf_counter(), len(history.records)
        self.history, self.losses, self.next_look = history, [], 0.0

    def on_batch(self, losses: list[Tensor]) -> None:
        """Before each batch: read the clock, and now and then the losses."""
        now = time.perf_counter()
        if now < self.next_look:
            return
        self.next_look = now + SECONDS_BETWEEN_UPDATES
        if len(losses) > len(self.losses):
            self.losses += torch.stack(losses[len(self.losses) :]).float().tolist()
        self._draw()

    def _train(self) -> None:
        """One stretch, from the start or from the checkpoint, until it is done, stopped or broken."""
        if not hasattr(self, "train"):  # a second click on Resume, which came while the first one worked
            return
        self.stop.clear()
        self.started = 0.0
        _show(self.resume_button, False)
        try:
            vars(self.kept).update(vars(self.train()))
        except BaseException as problem:
            self._end(f"ended by an error: {type(problem).__name__}")
            raise
        self.history, self.losses = self.kept, []
        done, epoch = f"{len(self.kept.records)} of {self.epochs} epochs", self.kept.best_epoch
        best = f", best on validation: epoch {epoch}, {self.kept.best_val_accuracy:.1%}" if epoch else ""
        if self.kept.interrupted:
            self._end(f"stopped after {done}{best}. {RESUME}", resume=True)
        else:
            self._end(f"finished {done}{best}")
            del self.train  # and with it the checkpoint in memory

    def _end(self, state: str, resume: bool = False) -> None:
        self._draw()
        _show(self.stop_button, False)
        _show(self.resume_button, resume)
        self.state.value = html.escape(state)
        if self.kept.records:
            self._publish(mimebundle(self.figure(self.kept)), update=True)

    def _draw(self) -> None:
        """Bars, texts and curves as they stand."""
        batches = count_batches(self.history.n_train, max(1, self.history.batch_size))
        epochs_done, batches_done = len(self.history.records), len(self.losses)
        full = batches if epochs_done == self.epochs else batches_done
        self.epoch_bar.value, self.batch_bar.max, self.batch_bar.value = epochs_done, batches, full
        self.epoch_text.value = f"{epochs_done} of {self.epochs} done"
        self.batch_text.value = f"{full} of {batches} done"
        done = (epochs_done - self.epochs_before) * batches + batches_done
        left = (self.epochs - epochs_done) * batches - batches_done
        clickable = live.clicks_arrive_while_busy()
        _show(self.stop_button, clickable)
        how = "" if clickable else f". {INTERRUPT}"
        self.state.value = f"training, {_time_left(time.perf_counter() - self.started, done, left)}{how}"
        self.curves.value = growing_curves(self.history, self.losses, self.epochs, batches)

    def _publish(self, twin: tuple[dict, dict], **how: bool) -> None:
        live.publish(twin, self.view, transient=self.transient, **how)


def _time_left(seconds: float, done: int, left: int) -> str:
    """Such as ``about 1 min 20 s left``, from what an iteration took so far, validation included."""
    if not done:
        return "time left not known yet"
    minutes, rest = divmod(round(seconds / done * left), 60)
    return f"about {f'{minutes} min ' if minutes else ''}{rest} s left"


def _show(widget, visible: bool) -> None:
    widget.layout.display = None if visible else "none"
