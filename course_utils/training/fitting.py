"""fit(): phases, learning rates, the best epoch on validation, checkpoints, interrupts."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from course_utils.data.augment import Preprocess
from course_utils.data.images import Splits
from course_utils.errors import CheckpointError, CourseError
from course_utils.signals import interrupts_wait
from course_utils.training.checkpoint import FileCheckpoint, MemoryCheckpoint
from course_utils.training.compiling import compile_pays, compiled_or_plain
from course_utils.training.device import best_device, channels_last, in_batches_that_fit
from course_utils.training.evaluation import evaluate
from course_utils.training.fingerprints import digest_of, name_of, sketch
from course_utils.training.history import EpochRecord, History
from course_utils.training.loop import Stepper, count_batches, seed_epoch, train_epoch
from course_utils.training.recipe import Recipe, rate_factor


class Stop(Exception):
    """Ends a run between two batches, because ``should_stop`` said so."""


@dataclass
class Run:
    """A run as far as it has come; with the model, this is what a checkpoint holds.

    Attributes:
        fingerprint: what a checkpoint must have in common with the run that resumes it.
        start: a sketch of the weights that the run started from, for the same purpose.
        history: of the epochs that are over.
        best: a copy of the weights of the best of them; at first, of the weights that the run starts from.
        stepper: of the present phase; ``None`` before the first.
    """

    fingerprint: str
    start: list[float]
    history: History
    best: dict[str, Tensor]
    stepper: Stepper | None = None


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
) -> History:
    """Train ``model`` and leave it with the weights of its best epoch on validation.

    The test images are not looked at. The same seed on the same CPU gives the same numbers. A stop
    (``should_stop`` before the next batch, the notebook's stop button or Ctrl-C at once) ends the run and
    returns the history so far; the epoch that was cut short is not in it, and without a whole epoch the
    model is as it was before. Where a batch does not fit in a GPU's memory, it is halved for the rest of
    the run, and ``History.notes`` says so.

    A GPU computes in 16 bits. A CPU does within ``torch.autocast("cpu", torch.bfloat16)``, which is faster
    on some with such instructions (``benchmarks/RESULTS.md`` says how much) and slower on all others.

    Args:
        checkpoint: a file written after each epoch. If it is there already, training continues after its
            last epoch, on a CPU bit for bit as if it had never stopped. A ``MemoryCheckpoint`` does the
            same as long as the kernel lives.
        progress: show a bar.
        should_stop: asked before each batch.
        on_batch: called before each batch with the losses of the epoch so far, which lie on the
            device: reading them makes a GPU wait, so read them seldom.
        on_epoch: called before the first epoch and after each one with the history so far.

    Raises:
        CourseError: if there are no images to train on, or none to choose the best epoch with; if a batch
            of one image reaches a batch norm as 1x1 maps.
        CheckpointError: if ``checkpoint`` is damaged, or was written with other settings or from other
            weights.
    """
    _require_images(splits)
    splits = _to_device(model, splits)
    kept = FileCheckpoint(checkpoint) if isinstance(checkpoint, (str, Path)) else checkpoint
    run = _begin_or_resume(model, splits, recipe, preprocess, seed, kept)
    forward = _forward(model, recipe, preprocess(splits.train.images[:1]), run.history)
    bar = _progress_bar(recipe, run.history, progress)
    given = (run, model, splits, recipe, preprocess)

    def before_batch(losses: list[Tensor]) -> None:
        if should_stop():
            raise Stop
        bar.update()
        on_batch(losses)

    try:
        on_epoch(run.history)
        with bar, torch.random.fork_rng():
            while len(run.history.records) < recipe.epochs:
                losses, record = _epoch(*given, before_batch=before_batch, forward=forward)
                _enter(run, model, kept, losses, record)
                bar.set_postfix_str(f"val accuracy {record.val_accuracy:.1%}")
                on_epoch(run.history)
    except (Stop, KeyboardInterrupt):
        run.history.interrupted = True
    model.zero_grad()  # gradients take as much memory as the weights
    model.load_state_dict(run.best)
    return run.history


def _require_images(splits: Splits) -> None:
    if not len(splits.train):
        raise CourseError("no images to train on.", do="pass train=...")
    if not len(splits.val):
        raise CourseError("no validation images to choose the best epoch with.", do="pass val=...")


def _epoch(
    run: Run,
    model: nn.Module,
    splits: Splits,
    recipe: Recipe,
    preprocess: Preprocess,
    *,
    before_batch: Callable[[list[Tensor]], None],
    forward: Callable[[Tensor], Tensor],
) -> tuple[list[float], EpochRecord]:
    """Train the epoch that comes next, and evaluate; return the loss of each batch, and the record."""
    history = run.history
    epoch = len(history.records)
    number, epoch_in_phase = recipe.place_of(epoch)
    phase = recipe.phases[number]
    if epoch_in_phase == 0:
        phase.prepare(model)
        run.stepper = Stepper(model, phase, recipe)
    stepper = run.stepper
    assert stepper is not None  # a run that is resumed within a phase has one
    val_losses = [e.val_loss for e in history.records if e.phase == number]

    def factor(done: float) -> float:
        return rate_factor(recipe.schedule, (epoch_in_phase + done) / phase.epochs, val_losses)

    @_lone_images_told()
    def one_pass(batch_size: int) -> tuple[list[float], float, float]:
        settings = replace(recipe, batch_size=batch_size)
        given = (model, splits.train, settings, preprocess, stepper, seed_epoch(history.seed, epoch))
        return train_epoch(*given, factor=factor, before_batch=before_batch, forward=forward)

    started = time.perf_counter()
    halve = partial(_go_on_with_half, history)
    losses, train_loss, train_accuracy = in_batches_that_fit(one_pass, history.batch_size, halve)
    scores = evaluate(model, splits.val, preprocess)
    seconds = time.perf_counter() - started
    measured = (train_loss, train_accuracy, scores.loss, scores.top1, seconds)
    return losses, EpochRecord(epoch + 1, number, stepper.lr, *measured)


@contextmanager
def _lone_images_told() -> Iterator[None]:
    """Where torch refuses a batch norm of one value per channel, say how such a batch is avoided."""
    try:
        yield
    except ValueError as problem:
        if "more than 1 value per channel" not in str(problem):
            raise
        raise CourseError(
            "batch norm cannot train on a batch of one image whose maps are 1x1.",
            do="use a batch_size of 3 or more, which leaves no image alone, and at least 2 training images",
        ) from None


@interrupts_wait()
def _enter(
    run: Run,
    model: nn.Module,
    kept: FileCheckpoint | MemoryCheckpoint | None,
    losses: list[float],
    record: EpochRecord,
) -> None:
    """Enter an epoch that is over in ``run`` and in the checkpoint; no interrupt parts the two."""
    history = run.history
    if not history.records or record.val_accuracy > history.best_val_accuracy:
        run.best = _copied(model)
    history.iteration_loss += losses
    history.records.append(record)
    _save(run, model, kept)


def _go_on_with_half(history: History, half: int) -> None:
    """The epoch starts anew; the steps it had made stay, as a rule none: the first batch is the largest."""
    _note(history, f"out of memory at batch size {history.batch_size}, continuing with {half}")
    history.batch_size = half


def _begin_or_resume(
    model: nn.Module,
    splits: Splits,
    recipe: Recipe,
    preprocess: Preprocess,
    seed: int,
    kept: FileCheckpoint | MemoryCheckpoint | None,
) -> Run:
    """A run that is about to begin, or the one in the checkpoint, with ``model`` as it was then."""
    n_train, n_val = len(splits.train), len(splits.val)
    history = History(splits.name, n_train, n_val, seed, batch_size=recipe.batch_size)
    fingerprint = _fingerprint(model, recipe, preprocess, history)
    if kept:
        fingerprint += f" data {digest_of(splits.train, splits.val)}"
    saved = kept.load(fingerprint) if kept else None
    if not saved:
        return Run(fingerprint, sketch(model.state_dict()), history, best=_copied(model))
    _refuse_another_start(model, saved)
    model.load_state_dict(saved["model"])
    history = History.from_dict(saved["history"])
    stepper = _stepper_after(len(history.records), model, recipe, saved["stepper"])
    return Run(fingerprint, saved["start"], history, saved["best"], stepper)


def _stepper_after(epochs: int, model: nn.Module, recipe: Recipe, saved: dict) -> Stepper | None:
    """The stepper with which a phase continues; ``None`` where the next phase is about to begin, or none is.

    All phases that have begun are prepared, since a later one may build on an earlier one.
    """
    over = epochs == recipe.epochs
    number, epoch_in_phase = (len(recipe.phases), 0) if over else recipe.place_of(epochs)
    for phase in recipe.phases[:number]:
        if phase.epochs:
            phase.prepare(model)
    if epoch_in_phase == 0:
        return None
    phase = recipe.phases[number]
    phase.prepare(model)
    stepper = Stepper(model, phase, recipe)
    stepper.load_state_dict(saved)
    return stepper


def _refuse_another_start(model: nn.Module, saved: dict) -> None:
    """A checkpoint continues the run of a model that is as this run found it, or as it left it."""
    now = torch.tensor(sketch(model.state_dict()))
    for known in (saved["start"], sketch(saved["best"])):
        if torch.allclose(now, torch.tensor(known), rtol=1e-3, equal_nan=True):
            return
    raise CheckpointError(
        "the checkpoint was written by a run that started from other weights.",
        do="build the model that it started from, or use another file name",
    )


def _save(run: Run, model: nn.Module, kept: FileCheckpoint | MemoryCheckpoint | None) -> None:
    """Write the checkpoint of an epoch that is over."""
    if not kept or not run.stepper:
        return
    kept.save(
        {
            "fingerprint": run.fingerprint,
            "start": run.start,
            "model": model.state_dict(),
            "best": run.best,
            "stepper": run.stepper.state_dict(),
            "history": asdict(run.history),
        }
    )


def _to_device(model: nn.Module, splits: Splits) -> Splits:
    """Move the model, and the images that training needs, to the GPU if there is one."""
    device = best_device()
    model.to(device).to(memory_format=torch.channels_last)
    return replace(splits, train=splits.train.to(device), val=splits.val.to(device))


def _forward(model: nn.Module, recipe: Recipe, x: Tensor, history: History) -> Callable[[Tensor], Tensor]:
    """The model, compiled if the recipe wants it, or leaves it open and it pays for inputs like ``x``."""
    wanted = recipe.compile
    if wanted is None:
        wanted = compile_pays(model, channels_last(x), history.n_train * recipe.epochs)
    return compiled_or_plain(model, partial(_note, history)) if wanted else model


def _note(history: History, sentence: str) -> None:
    history.notes.append(sentence)
    tqdm.write(sentence, file=sys.stdout)


def _progress_bar(recipe: Recipe, history: History, show: bool) -> tqdm:
    batches = count_batches(history.n_train, recipe.batch_size)
    hidden = {} if show else {"disable": True}  # TQDM_DISABLE hides it as well, unless something is passed
    return tqdm(
        total=recipe.epochs * batches,
        initial=len(history.records) * batches,
        unit="batch",
        leave=False,
        file=sys.stdout,  # a notebook paints stderr red, and nbgrader takes it for a failure
        **hidden,
    )


def _copied(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _fingerprint(model: nn.Module, recipe: Recipe, preprocess: Preprocess, history: History) -> str:
    """One line that differs when a run could not continue from another's checkpoint."""
    phases = [(p.epochs, p.lr, p.backbone_lr, name_of(p.prepare)) for p in recipe.phases]
    settings = {f.name: name_of(getattr(recipe, f.name)) for f in fields(recipe) if f.name != "phases"}
    identity = hashlib.sha256(str(model).encode()).hexdigest()[:12]
    run = (history.data, history.n_train, history.n_val, history.seed)
    return f"{type(model).__name__}/{identity} {phases} {settings} {name_of(preprocess)} {run}"
