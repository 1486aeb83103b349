"""fit(): phases, learning rates, best epoch on validation, checkpoints, interrupts."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from course_utils.data.augment import Preprocess
from course_utils.data.images import Splits
from course_utils.errors import CourseError
from course_utils.training.checkpoint import MemoryCheckpoint, load_checkpoint, save_checkpoint
from course_utils.training.compiling import compile_pays, compiled_or_plain
from course_utils.training.device import best_device, channels_last
from course_utils.training.evaluation import evaluate
from course_utils.training.history import EpochRecord, History, _history_from
from course_utils.training.loop import Stepper, count_batches, train_epoch
from course_utils.training.recipe import Phase, Recipe, rate_factor


def fit(
    model: nn.Module,
    splits: Splits,
    recipe: Recipe,
    preprocess: Preprocess,
    *,
    seed: int = 0,
    checkpoint: str | Path | MemoryCheckpoint | None = None,
    progress: bool = True,
    should_stop: Callable[[], bool] = lambda: False,
    on_batch: Callable[[list[Tensor]], None] = lambda losses: None,
    on_epoch: Callable[[History], None] = lambda history: None,
    compile: bool | None = None,
) -> History:
    """Train ``model`` and leave it with the weights of its best epoch on validation.

    The test images are not looked at. The same seed on the same CPU gives the same numbers. An
    interrupt (the stop button, Ctrl-C, ``should_stop``) ends after the current batch and returns the
    history so far; the epoch that was cut is not in it. Where a batch does not fit in a GPU's memory,
    it is halved for the rest of the run, and ``History.notes`` says so.

    A GPU computes in 16 bits. A CPU does within ``torch.autocast("cpu", torch.bfloat16)``, which is faster
    on some with such instructions (``benchmarks/RESULTS.md`` says how much) and slower on all others.

    Args:
        checkpoint: a file written after each epoch. If it is there already, training goes on behind
            its last epoch, on a CPU bit for bit as if it had never stopped. A ``MemoryCheckpoint``
            does the same as long as the kernel lives.
        progress: show a bar.
        should_stop: asked before each batch.
        on_batch: called before each batch with the losses of the epoch so far, which lie on the
            device: to read them makes a GPU wait, so read them seldom.
        on_epoch: called before the first epoch and after each one with the history so far.
        compile: use ``torch.compile``, which changes the last digits; ``None``: if the work ahead is
            worth it (:func:`~course_utils.training.compiling.compile_pays`). Without a C++ compiler, or if it
            fails, training goes on without.

    Raises:
        CourseError: if there are no validation images to choose the best epoch with.
        CheckpointError: if ``checkpoint`` is damaged or was written with other settings.
    """
    if not len(splits.val):
        raise CourseError("no validation images to choose the best epoch with.", do="pass val=...")
    device = best_device()
    model.to(device, memory_format=torch.channels_last)
    train, val = splits.train.to(device), splits.val.to(device)
    history = History(splits.name, len(train), len(val), seed, batch_size=recipe.batch_size)
    fingerprint = _fingerprint(model, recipe, preprocess, history)
    saved = _saved_state(checkpoint, fingerprint)
    best, stepper = None, None
    if saved:
        model.load_state_dict(saved["model"])
        history, best = _history_from(saved["history"]), saved["best"]
        for phase in _finished_phases(recipe, len(history.epochs)):
            phase.prepare(model)

    def tell(note: str) -> None:
        history.notes.append(note)
        tqdm.write(note, file=sys.stdout)

    if compile is None:
        one = channels_last(preprocess(train.images[:1]))
        compile = compile_pays(model, one, len(train) * len(recipe.epochs))
    forward = compiled_or_plain(model, tell) if compile else model
    bar = _progress_bar(recipe, len(train), len(history.epochs), progress)

    def before_batch(losses: list[Tensor]) -> None:
        if should_stop():
            raise KeyboardInterrupt
        bar.update()
        on_batch(losses)

    try:
        on_epoch(history)
        with bar, torch.random.fork_rng():
            for epoch in range(len(history.epochs), len(recipe.epochs)):
                number, epoch_in_phase = recipe.epochs[epoch]
                phase = recipe.phases[number]
                if stepper is None or epoch_in_phase == 0:
                    phase.prepare(model)
                    stepper = Stepper(model, phase, recipe)
                if saved and epoch_in_phase > 0:
                    stepper.load_state_dict(saved["stepper"])
                saved = None

                started = time.perf_counter()
                past = [e.val_loss for e in history.epochs if e.phase == number]
                losses, train_loss, train_accuracy = _with_half_batches_if_need_be(
                    lambda batch_size: train_epoch(
                        model, train, replace(recipe, batch_size=batch_size), preprocess,
                        stepper, _seed_epoch(seed, epoch),
                        factor=lambda done: rate_factor(
                            recipe.schedule, (epoch_in_phase + done) / phase.epochs, past
                        ),
                        before_batch=before_batch,
                        forward=forward,
                    ),
                    history, tell,
                )  # fmt: skip  # noqa: B023 (used within this turn)
                scores = evaluate(model, val, preprocess)
                seconds = time.perf_counter() - started
                history.iteration_loss += losses
                history.epochs.append(
                    EpochRecord(epoch + 1, number, stepper.lr, train_loss, train_accuracy,
                                scores.loss, scores.top1, seconds)
                )  # fmt: skip
                bar.set_postfix_str(f"val accuracy {scores.top1:.1%}")
                if history.best_epoch == epoch + 1:
                    best = {name: t.detach().clone() for name, t in model.state_dict().items()}
                if checkpoint:
                    _save_state(
                        checkpoint,
                        {
                            "fingerprint": fingerprint,
                            "model": model.state_dict(),
                            "best": best,
                            "stepper": stepper.state_dict(),
                            "history": asdict(history),
                        },
                    )
                on_epoch(history)
    except KeyboardInterrupt:
        history.interrupted = True
    model.zero_grad()  # as much memory as the weights
    if best is not None:
        model.load_state_dict(best)
    return history


def _with_half_batches_if_need_be(
    train: Callable[[int], tuple], history: History, tell: Callable[[str], None]
) -> tuple:
    """``train(batch_size)``, again with half the batch as often as the device runs out of memory.

    The epoch starts anew; the steps it had made stay, as a rule none: the first batch is the largest.
    """
    while True:
        try:
            return train(history.batch_size)
        except torch.OutOfMemoryError:
            if history.batch_size == 1:
                raise
        torch.cuda.empty_cache()  # out here, where the failed pass no longer holds its tensors
        tell(f"out of memory at batch size {history.batch_size}, going on with {history.batch_size // 2}")
        history.batch_size //= 2


def _progress_bar(recipe: Recipe, n_train: int, epochs_done: int, show: bool) -> tqdm:
    batches = count_batches(n_train, recipe.batch_size)
    return tqdm(
        total=len(recipe.epochs) * batches,
        initial=epochs_done * batches,
        unit="batch",
        leave=False,
        file=sys.stdout,  # a notebook paints stderr red, and nbgrader takes it for a failure
        **({} if show else {"disable": True}),
    )


def _seed_epoch(seed: int, epoch: int) -> torch.Generator:
    """Seed dropout, and return the generator for order and augmentation, for this epoch alone."""
    value = seed * 100_003 + epoch
    torch.manual_seed(value)
    return torch.Generator().manual_seed(value)


def _save_state(checkpoint: str | Path | MemoryCheckpoint, state: dict) -> None:
    if isinstance(checkpoint, MemoryCheckpoint):
        checkpoint.save(state)
    else:
        save_checkpoint(checkpoint, state)


def _saved_state(checkpoint: str | Path | MemoryCheckpoint | None, fingerprint: str) -> dict | None:
    if isinstance(checkpoint, MemoryCheckpoint):
        return checkpoint.load(fingerprint)
    if not checkpoint or not Path(checkpoint).exists():
        return None
    return load_checkpoint(checkpoint, fingerprint)


def _finished_phases(recipe: Recipe, epochs_done: int) -> list[Phase]:
    """The phases before the one that goes on; a later ``prepare`` may build on an earlier one."""
    return list(recipe.phases[: recipe.epochs[epochs_done][0]]) if epochs_done < len(recipe.epochs) else []


def _fingerprint(model: nn.Module, recipe: Recipe, preprocess: Preprocess, history: History) -> str:
    """One line that differs when a run could not go on from another's checkpoint."""
    phases = [(p.epochs, p.lr, p.backbone_lr, _name(p.prepare)) for p in recipe.phases]
    settings = {k: v for k, v in asdict(recipe).items() if k != "phases"}
    network = f"{model} {getattr(model, 'start', '')}"
    identity = hashlib.sha256(network.encode()).hexdigest()[:12]
    run = (history.data, history.n_train, history.n_val, history.seed)
    return f"{type(model).__name__}/{identity} {phases} {settings} {preprocess} {run}"


def _name(function: Callable) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
