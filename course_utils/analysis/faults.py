"""What the mistakes of tutorials cost: one fine-tuning script in which each of them can be switched on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.errors import CourseError

Batches = Sequence[tuple[Tensor, Tensor]]

HEAD_RATE, FULL_RATE, DECAY, MOMENTUM = 0.02, 0.005, 0.9, 0.9
PLAIN = 0.5  # mean and deviation of those who do not look the constants up

FAULTS = {
    "other constants": "pixels are normalised with 0.5, not with the constants of the weights",
    "norms drift": "frozen batch norms stay in training mode, and their running statistics drift",
    "train() once": "model.train() stands before the loop: after one evaluation, training runs in eval mode",
    "head alone": "the optimizer was made before unfreezing, and knows the head alone",
    "rate undone": "the rate is set by hand, and the scheduler sets it back after one epoch",
    "chosen on test": "the best epoch is the one with the best test accuracy",
    "no copy": "the best state is not copied, so it goes on training",
}


def fine_tune_with(
    model: nn.Module,
    train: Batches,
    val: Batches,
    test: Batches,
    constants: tuple[Tensor, Tensor],
    epochs: tuple[int, int],
    *,
    faults: Collection[str] = (),
) -> float:
    """Freeze, train the head, unfreeze, train everything; keep the best epoch.

    Args:
        model: its head is called ``fc``.
        train, val, test: batches of pixels, uint8 ``[B, 3, H, W]``, and labels, int64 ``[B]``.
        constants: mean and deviation of the channels, float ``[3, 1, 1]``, of pixels from 0 to 1.
        epochs: with the backbone frozen, and with everything trainable.
        faults: names from :data:`FAULTS`; without any, the script is right.

    Returns:
        The accuracy (a fraction) that the script reports: on test, of the weights that ``model`` has then;
        with "chosen on test" the best of all epochs, as such scripts do.

    Raises:
        CourseError: if a fault is none of :data:`FAULTS`.
    """
    _refuse_unknown(faults)
    mean, std = (torch.tensor(PLAIN), torch.tensor(PLAIN)) if "other constants" in faults else constants

    def logits_of(x: Tensor) -> Tensor:
        return model((x / 255 - mean) / std)

    best, state = -1.0, model.state_dict()
    for _ in _trained_epochs(model, train, logits_of, epochs, faults):
        score = _accuracy(model, logits_of, test if "chosen on test" in faults else val)
        if score > best:
            best, state = score, model.state_dict()
            state = state if "no copy" in faults else copy.deepcopy(state)
    model.load_state_dict(state)
    return best if "chosen on test" in faults else _accuracy(model, logits_of, test)


def _refuse_unknown(faults: Collection[str]) -> None:
    if unknown := [repr(name) for name in faults if name not in FAULTS]:
        raise CourseError(
            "there is no such fault.",
            expected=", ".join(map(repr, FAULTS)),
            found=", ".join(unknown),
            do="give a tuple or set of names from FAULTS",
        )


def _trained_epochs(
    model: nn.Module,
    train: Batches,
    logits_of: Callable[[Tensor], Tensor],
    epochs: tuple[int, int],
    faults: Collection[str],
) -> Iterator[int]:
    """Train one epoch after the other; its number is yielded when it is over."""
    head = model.requires_grad_(False).get_submodule("fc").requires_grad_(True)
    optimizer, scheduler = _optimizer(head, HEAD_RATE)
    for epoch in range(sum(epochs)):
        if epoch == epochs[0]:
            model.requires_grad_(True)
            optimizer, scheduler = _unfrozen(model, optimizer, scheduler, faults)
        if epoch < epochs[0] and "norms drift" not in faults:
            model.eval()
        elif epoch == 0 or "train() once" not in faults:
            model.train()
        for x, y in train:
            optimizer.zero_grad()
            F.cross_entropy(logits_of(x), y).backward()
            optimizer.step()
        scheduler.step()
        yield epoch


def _unfrozen(model: nn.Module, optimizer, scheduler, faults: Collection[str]):
    """Optimizer and scheduler of the second phase."""
    if "rate undone" not in faults:
        return (optimizer, scheduler) if "head alone" in faults else _optimizer(model, FULL_RATE)
    if "head alone" not in faults:
        optimizer, scheduler = _optimizer(model, HEAD_RATE)
    optimizer.param_groups[0]["lr"] = FULL_RATE
    return optimizer, scheduler


def _optimizer(part: nn.Module, rate: float):
    """SGD with momentum for ``part``, and a scheduler that takes a tenth off the rate after each epoch."""
    optimizer = torch.optim.SGD(part.parameters(), lr=rate, momentum=MOMENTUM)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: DECAY**epoch)


def _accuracy(model: nn.Module, logits_of: Callable[[Tensor], Tensor], batches: Batches) -> float:
    model.eval()
    with torch.no_grad():
        right = sum((logits_of(x).argmax(dim=1) == y).sum().item() for x, y in batches)
    return right / sum(len(y) for _, y in batches)
