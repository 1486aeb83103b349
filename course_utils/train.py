"""The training loop: phases, learning rates, best epoch on validation, checkpoints, interrupts."""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from course_utils.augment import Augment, Preprocess, channels_last
from course_utils.checkpoint import MemoryCheckpoint, load_checkpoint, save_checkpoint
from course_utils.compiling import compile_pays, compiled_or_plain
from course_utils.data import ImageSet, Splits
from course_utils.errors import CourseError
from course_utils.evaluate import evaluate
from course_utils.models import parameter_groups, train_mode, unfreeze
from course_utils.precision import amp_dtype, autocast
from course_utils.small_maps import SmallMapGradients


def sgd(groups: list[dict]) -> torch.optim.SGD:
    """SGD with Nesterov momentum 0.9, which starts at zero.

    Where loss scaling skips the first step, torch's fused kernel would leave the momentum as it found
    the memory.
    """
    optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True, fused=True)
    for parameter in (p for group in groups for p in group["params"]):
        optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


OPTIMIZERS = {"adamw": lambda groups: torch.optim.AdamW(groups, fused=True), "sgd": sgd}
SCHEDULES = ("cosine", "plateau", "constant")
# ReduceLROnPlateau's usual setting in tutorials: halve after two epochs without a better val loss.
PLATEAU_PATIENCE, PLATEAU_FACTOR = 2, 0.5


@dataclass(frozen=True)
class Phase:
    """A stretch of training in which the same parameters train.

    Args:
        epochs: how many passes over the training images.
        lr: learning rate of the head and of any other new layer.
        backbone_lr: learning rate of pretrained layers; ``None`` means ``lr``.
        prepare: called with the model when the phase starts, to freeze or unfreeze parameters, for
            example :func:`~course_utils.models.freeze_backbone`.
    """

    epochs: int
    lr: float
    backbone_lr: float | None = None
    prepare: Callable[[nn.Module], int] = unfreeze


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a model is trained, apart from model, data and seed.

    Args:
        phases: one after the other; each starts its own schedule and its own optimizer.
        schedule: ``cosine`` to zero over a phase, ``plateau`` on the validation loss, ``constant``.
        weight_decay: on weights only, never on norms and biases.
    """

    phases: tuple[Phase, ...]
    batch_size: int = 64
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    schedule: str = "cosine"
    label_smoothing: float = 0.0
    augment: Augment | None = Augment()

    def __post_init__(self):
        if self.optimizer not in OPTIMIZERS:
            raise CourseError(f"unknown optimizer {self.optimizer!r}.", expected=", ".join(OPTIMIZERS))
        if self.schedule not in SCHEDULES:
            raise CourseError(f"unknown schedule {self.schedule!r}.", expected=", ".join(SCHEDULES))
        if sum(phase.epochs for phase in self.phases) < 1:
            raise CourseError("a recipe needs at least one epoch.")

    @property
    def epochs(self) -> list[tuple[int, int]]:
        """For each epoch, the number of its phase and the epoch's number within the phase."""
        return [(p, e) for p, phase in enumerate(self.phases) for e in range(phase.epochs)]


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch gave: losses are means over images in nats, accuracies are fractions.

    ``train_loss`` includes the recipe's label smoothing, ``val_loss`` does not.
    """

    epoch: int
    phase: int
    lr: float
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


@dataclass
class History:
    """The record of a training run; epochs are counted from 1.

    Attributes:
        batch_size: the recipe's, or what was left of it when the device ran out of memory.
        notes: sentences on what went otherwise than asked, as they were printed.
    """

    data: str = ""
    n_train: int = 0
    n_val: int = 0
    seed: int = 0
    epochs: list[EpochRecord] = field(default_factory=list)
    iteration_loss: list[float] = field(default_factory=list)
    interrupted: bool = False
    batch_size: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """The epoch with the highest validation accuracy, the first of several; 0 before any."""
        return max(self.epochs, key=lambda e: e.val_accuracy).epoch if self.epochs else 0

    @property
    def best_val_accuracy(self) -> float:
        return max((e.val_accuracy for e in self.epochs), default=0.0)

    @property
    def unfreeze_epochs(self) -> list[int]:
        """The first epoch of every phase but the first."""
        pairs = zip(self.epochs, self.epochs[1:])
        return [now.epoch for before, now in pairs if now.phase != before.phase]

    @property
    def seconds(self) -> float:
        return sum(e.seconds for e in self.epochs)


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
            worth it (:func:`~course_utils.compiling.compile_pays`). Without a C++ compiler, or if it
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


def train_epoch(
    model: nn.Module,
    images: ImageSet,
    recipe: Recipe,
    preprocess: Preprocess,
    stepper: Stepper,
    generator: torch.Generator,
    factor: Callable[[float], float] = lambda done: 1.0,
    before_batch: Callable[[list[Tensor]], None] = lambda losses: None,
    forward: Callable[[Tensor], Tensor] | None = None,
) -> tuple[list[float], float, float]:
    """One pass over ``images`` in random order.

    The batches are as equal as can be (40 images at batch size 16 give 14, 13, 13), so that no small
    remainder upsets batch norm. Losses stay on the device until the epoch is over: asking for a number
    after each batch would make a GPU wait for the CPU.

    Args:
        factor: learning-rate factor, given the fraction of the epoch that is done.
        before_batch: called before each batch with the losses of those before it.
        forward: computes the logits in place of ``model``, such as the compiled ``model``.

    Returns:
        The loss of each batch, the mean loss over images, and the accuracy (a fraction) of the
        predictions made on the way, while the model was still changing.
    """
    device = images.images.device
    forward = forward or model
    train_mode(model)
    order = torch.randperm(len(images), generator=generator).to(device)
    batches = order.tensor_split(count_batches(len(images), recipe.batch_size))
    losses, correct = [], torch.zeros((), dtype=torch.long, device=device)
    for number, index in enumerate(batches):
        before_batch(losses)
        x, y = images.images[index], images.labels[index]
        if recipe.augment:
            x = recipe.augment(x, generator)
        x = channels_last(preprocess(x))
        with autocast(device), SmallMapGradients():
            logits = forward(x)
            loss = F.cross_entropy(logits, y, label_smoothing=recipe.label_smoothing)
        stepper.step(loss, factor(number / len(batches)))
        losses.append(loss.detach())
        correct += (logits.argmax(dim=1) == y).sum()
    losses = torch.stack(losses).float().cpu()
    sizes = torch.tensor([len(index) for index in batches]).float()
    mean_loss = (losses @ sizes / len(images)).item()
    return losses.tolist(), mean_loss, correct.item() / len(images)


class Stepper:
    """Optimizer, learning rates and loss scaling of one phase.

    The scaler matters for float16 on a GPU only, where small gradients would become zero; elsewhere
    it passes the loss on as it is.
    """

    def __init__(self, model: nn.Module, phase: Phase, recipe: Recipe):
        backbone_lr = phase.lr if phase.backbone_lr is None else phase.backbone_lr
        groups = parameter_groups(
            model, backbone_lr, phase.lr, recipe.weight_decay, recipe.layer_decay
        )
        self.full_rates = [group["lr"] for group in groups]
        self.optimizer = OPTIMIZERS[recipe.optimizer](groups)
        device = next(model.parameters()).device
        self.scaler = torch.amp.GradScaler(device.type, enabled=amp_dtype(device) == torch.float16)

    @property
    def lr(self) -> float:
        """The current learning rate of the head."""
        return self.optimizer.param_groups[-1]["lr"]

    def step(self, loss: Tensor, factor: float) -> None:
        """One update, at ``factor`` times the full learning rates."""
        for group, rate in zip(self.optimizer.param_groups, self.full_rates):
            group["lr"] = rate * factor
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()

    def state_dict(self) -> dict:
        return {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        self.optimizer.load_state_dict(state["optimizer"])
        if state["scaler"]:  # a run that began without loss scaling has none to go on from
            self.scaler.load_state_dict(state["scaler"])


def rate_factor(schedule: str, done: float, val_losses: list[float]) -> float:
    """Learning rate as a fraction of the full one: a pure function, so that resuming needs no state.

    Args:
        done: fraction of the phase that is done, 0 to 1.
        val_losses: validation loss of each finished epoch of the phase.
    """
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * done))
    if schedule == "constant":
        return 1.0
    best, waited, drops = math.inf, 0, 0
    for loss in val_losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited > PLATEAU_PATIENCE:
            drops, waited = drops + 1, 0
    return PLATEAU_FACTOR**drops


def count_batches(n: int, batch_size: int) -> int:
    """How many batches ``n`` images make."""
    return max(1, math.ceil(n / batch_size))


def best_device() -> torch.device:
    """The first CUDA device if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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


def _history_from(saved: dict) -> History:
    return History(**{**saved, "epochs": [EpochRecord(**e) for e in saved["epochs"]]})


def _fingerprint(
    model: nn.Module, recipe: Recipe, preprocess: Preprocess, history: History
) -> str:
    """One line that differs when a run could not go on from another's checkpoint."""
    phases = [(p.epochs, p.lr, p.backbone_lr, _name(p.prepare)) for p in recipe.phases]
    settings = {k: v for k, v in asdict(recipe).items() if k != "phases"}
    network = f"{model} {getattr(model, 'start', '')}"
    identity = hashlib.sha256(network.encode()).hexdigest()[:12]
    run = (history.data, history.n_train, history.n_val, history.seed)
    return f"{type(model).__name__}/{identity} {phases} {settings} {preprocess} {run}"


def _name(function: Callable) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
