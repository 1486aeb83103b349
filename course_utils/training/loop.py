"""train_epoch() and the Stepper: one pass over the training images, one update at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.models.freezing import train_mode
from course_utils.training.convolutions import SmallMapGradients
from course_utils.training.device import amp_dtype, autocast, channels_last
from course_utils.training.optimizer import OPTIMIZERS, parameter_groups
from course_utils.training.recipe import Phase, Recipe


def train_epoch(
    model: nn.Module,
    images: ImageSet,
    recipe: Recipe,
    preprocess: Preprocess,
    stepper: Stepper,
    generator: torch.Generator,
    *,
    factor: Callable[[float], float] = lambda done: 1.0,
    before_batch: Callable[[list[Tensor]], None] = lambda losses: None,
    forward: Callable[[Tensor], Tensor] | None = None,
) -> tuple[list[float], float, float]:
    """One pass over ``images`` in random order.

    Losses stay on the device until the epoch is over: asking for a number after each batch would make a
    GPU wait for the CPU.

    Args:
        generator: a CPU generator, for the order of the images and the augmentation.
        factor: what the learning rates are multiplied by, given the fraction of the epoch that is done.
        before_batch: called before each batch with the losses of those before it; an exception that it
            raises ends the epoch between two updates.
        forward: computes the logits in place of ``model``, such as the compiled ``model``.

    Returns:
        The loss of each batch, the mean loss over images, and the accuracy (a fraction) of the
        predictions made on the way, while the model was still changing.
    """
    device = images.images.device
    forward = forward or model
    train_mode(model)
    batches = random_batches(images, recipe.batch_size, generator)
    losses: list[Tensor] = []
    correct = torch.zeros((), dtype=torch.long, device=device)
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
    of_batches = torch.stack(losses).float().cpu()
    sizes = torch.tensor([len(index) for index in batches]).float()
    mean_loss = (of_batches @ sizes / len(images)).item()
    return of_batches.tolist(), mean_loss, correct.item() / len(images)


def random_batches(images: ImageSet, batch_size: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    """The positions of all images in random order, int64, batch by batch.

    The batches are as equal as can be (40 images at batch size 16 give 14, 13, 13), so that no small
    remainder upsets batch norm.
    """
    order = torch.randperm(len(images), generator=generator).to(images.images.device)
    return order.tensor_split(count_batches(len(images), batch_size))


def count_batches(n: int, batch_size: int) -> int:
    """How many batches ``n`` images make."""
    return max(1, math.ceil(n / batch_size))


def seed_epoch(seed: int, epoch: int) -> torch.Generator:
    """Seed dropout for this epoch alone, and return the generator for its order and augmentation.

    So an epoch draws the same numbers whether or not the run was interrupted before it.
    """
    value = seed * 100_003 + epoch
    torch.manual_seed(value)
    return torch.Generator().manual_seed(value)


class Stepper:
    """Optimizer, learning rates and loss scaling of one phase.

    The scaler matters for float16 on a GPU only, where small gradients would become zero; elsewhere
    it passes the loss on as it is.
    """

    def __init__(self, model: nn.Module, phase: Phase, recipe: Recipe):
        backbone_lr = phase.lr if phase.backbone_lr is None else phase.backbone_lr
        groups = parameter_groups(
            model, backbone_lr, phase.lr, recipe.weight_decay, recipe.layer_decay, recipe.new
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
        """One update of the weights, at ``factor`` times the full learning rates."""
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
        if state["scaler"]:  # empty if the run began where no loss is scaled
            self.scaler.load_state_dict(state["scaler"])
