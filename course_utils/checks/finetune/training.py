"""Check of exercise epoch: one pass of training, and the numbers it returns."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks.core import needs, run
from course_utils.checks.finetune.figures import (
    FIRST_BATCH,
    SINGLE_LEFT_OUT,
    expect_accuracy,
    expect_calls,
    expect_floats,
    expect_loss,
    expect_one_pass,
    logits_of,
)
from course_utils.checks.finetune.tiny import Batches, batches, gated_net, images, watched
from course_utils.checks.mistakes import Mistake, brief, few, recognise
from course_utils.checks.report import Wrong
from course_utils.training import fitting, loop

LR = 0.5
ORDER = "for each batch: zero_grad, backward, step"


def _mean(n: int) -> float:
    return 1 / n


def _descend(
    weight: Tensor,
    parts: Batches,
    added: bool = False,
    delayed: bool = False,
    weigh: Callable[[int], float] = _mean,
    most: float = math.inf,
) -> Tensor:
    """The weights of a linear classifier after a step on each of ``parts``.

    Args:
        added: the gradients add up.
        delayed: each step takes the gradient of the batch before.
        weigh: how much the loss of an image weighs in a batch of so many.
        most: gradients are clipped to this norm.
    """
    before = torch.zeros_like(weight)
    for x, y in parts:
        error = (x @ weight.T).softmax(dim=1) - F.one_hot(y, len(weight))
        gradient = weigh(len(y)) * error.T @ x + added * before
        gradient = gradient * min(1.0, most / max(float(gradient.norm()), 1e-9))
        weight = weight - LR * (before if delayed else gradient)
        before = gradient
    return weight


ONE_BEHIND = ("the last batch's gradient is never used: step comes before backward", ORDER)
# What each mistake makes of the initial weights and the batches.
UPDATE_MISTAKES = (
    Mistake(
        lambda weight, parts: weight,
        "the weights never change: there is no step, or the gradients are zeroed right before it",
        ORDER,
    ),
    Mistake(
        lambda weight, parts: _descend(weight, parts, added=True),
        "gradients add up from batch to batch",
        "call optimizer.zero_grad() for each batch",
    ),
    Mistake(lambda weight, parts: _descend(weight, parts[:-1]), *ONE_BEHIND),
    Mistake(lambda weight, parts: _descend(weight, parts, delayed=True), *ONE_BEHIND),
    Mistake(lambda weight, parts: _descend(weight, parts[:1]), *FIRST_BATCH),
    *(
        Mistake(
            learn,
            "a single step is taken, after the last batch",
            "move optimizer.step() into the loop",
        )
        for learn in (
            lambda weight, parts: _descend(weight, parts[-1:]),
            lambda weight, parts: weight + sum(_descend(weight, [part]) - weight for part in parts),
        )
    ),
    Mistake(
        lambda weight, parts: _descend(weight, [_joined(parts)]),
        "a single step is taken, on all batches at once",
        ORDER,
    ),
    Mistake(
        lambda weight, parts: _descend(weight, parts, weigh=lambda n: 1),
        "the step follows the sum of the images' losses: it grows with the batch",
        "take the gradient of the mean, and sum only what is reported",
    ),
    *(
        Mistake(
            lambda weight, parts, most=most: _descend(weight, parts, most=most),
            "the gradients were clipped",
            "step on the gradient as backward() leaves it",
        )
        for most in (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
    ),
    Mistake(
        lambda weight, parts: _descend(weight, parts, weigh=lambda n: 2 / n),
        "the optimizer steps twice on each batch, or the loss is doubled",
        "one step for each batch, on the gradient of the mean loss",
    ),
    *(
        Mistake(
            lambda weight, parts, ordered=ordered: _descend(weight, ordered(parts)),
            "the batches are taken in another order",
            "go through them as they come",
        )
        for ordered in (lambda parts: parts[::-1], lambda parts: sorted(parts, key=lambda part: len(part[1])))
    ),
    Mistake(
        lambda weight, parts: _descend(weight, [part for part in parts if len(part[1]) > 1]),
        *SINGLE_LEFT_OUT,
    ),
)
WRONG_UPDATE = ("none of the usual mistakes explains this", ORDER)


def _joined(parts: Batches) -> tuple[Tensor, Tensor]:
    """All batches in one."""
    x, y = zip(*parts)
    return torch.cat(x), torch.cat(y)


def _plain(model: nn.Module, parts: Batches, optimizer: torch.optim.Optimizer) -> None:
    """Train in training mode."""
    model.train()
    _steps(model, parts, optimizer)


def _steps(model: nn.Module, parts: Batches, optimizer: torch.optim.Optimizer) -> None:
    for x, y in parts:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def _in_parts(model: nn.Module, parts: Batches, optimizer: torch.optim.Optimizer, most: int) -> None:
    """Train on at most so many images at once."""
    _plain(model, [part for x, y in parts for part in zip(x.split(most), y.split(most))], optimizer)


def _norms_in_eval(model: nn.Module, parts: Batches, optimizer: torch.optim.Optimizer) -> None:
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.eval()
    _steps(model, parts, optimizer)


# Each takes the place of train_one_epoch.
NETWORK_MISTAKES = (
    Mistake(
        lambda model, parts, optimizer: _plain(model, parts, _sgd(model, optimizer.param_groups[0]["lr"])),
        "another optimizer takes the steps: the momentum of the one that is passed is lost",
        "call step() of the optimizer that is passed",
    ),
    Mistake(
        _norms_in_eval,
        "the norms are in eval mode",
        "call model.train() and leave it at that",
    ),
    *(
        Mistake(
            lambda model, parts, optimizer, most=most: _in_parts(model, parts, optimizer, most),
            "a large batch is cut in parts, with a step for each",
            "one forward pass and one step for each batch, however large it is",
        )
        for most in (8, 16, 32, 35, 64)
    ),
)


def reports_mean_loss(train_one_epoch):
    """mean loss over images, in batches of 5, 3 and 1."""
    model, parts = watched(), batches(5, 3, 1)
    return expect_loss(train_one_epoch(model, parts, _sgd(model, lr=0)), logits_of(model, parts))


def reports_accuracy(train_one_epoch):
    """accuracy as the fraction of right images."""
    model, parts = watched(), batches(5, 3, 1)
    return expect_accuracy(train_one_epoch(model, parts, _sgd(model, lr=0)), logits_of(model, parts))


def reports_floats(train_one_epoch):
    """both are plain floats."""
    model = watched()
    expect_floats(train_one_epoch(model, batches(2, 2), _sgd(model, lr=0)))


def steps_at_each_batch(train_one_epoch):
    """the weights after a step on each batch."""
    for size in (1, 30):
        _expect_steps(train_one_epoch, [(size * x, y) for x, y in batches(5, 1, 3)])
    return "3 steps"


def _expect_steps(train_one_epoch, parts: Batches) -> None:
    """Fail unless the weights are those after a step on each batch."""
    model = watched()
    start = model.linear.weight.detach().clone()
    train_one_epoch(model, parts, _sgd(model, LR))
    got, expected = model.linear.weight.detach(), _descend(start, parts)
    if torch.allclose(got, expected, rtol=1e-4, atol=1e-5):
        return
    likely = recognise(got, expected, UPDATE_MISTAKES, lambda learn: learn(start, parts), WRONG_UPDATE)
    raise Wrong(f"first row {brief(expected[0].tolist())}", brief(got[0].tolist()), *likely)


@needs(steps_at_each_batch)
def forgets_old_gradients(train_one_epoch):
    """gradients left from before do not count."""
    model, parts = watched(), batches(5, 3, 1)
    start = model.linear.weight.detach().clone()
    model.linear.weight.grad = torch.ones_like(start)
    train_one_epoch(model, parts, _sgd(model, LR))
    got, expected = model.linear.weight.detach(), _descend(start, parts)
    if not torch.allclose(got, expected, atol=1e-5):
        likely = "gradients are cleared after the step: what was there before the first batch is added to it"
        raise Wrong(f"first row {brief(expected[0].tolist())}", brief(got[0].tolist()), likely, ORDER)


def is_in_training_mode(train_one_epoch):
    """training mode at every batch."""
    model = watched().eval()
    train_one_epoch(model, batches(2, 2, 2), _sgd(model, LR))
    expect_calls(model)
    modes = model.training_at_calls
    if all(modes):
        _expect_training_layers(train_one_epoch)
        return
    got = f"eval mode in {modes.count(False)} of {len(modes)}"
    likely = "model.train() is missing: an evaluation had left the model in eval mode"
    if any(modes):
        likely = "the mode changes inside the loop"
    raise Wrong(
        "training mode in each forward pass",
        got,
        likely,
        "call model.train() before the first batch",
    )


def goes_through_once(train_one_epoch):
    """any iterable of batches, each of them passed once."""
    expect_one_pass(lambda model, parts: train_one_epoch(model, parts, _sgd(model, LR)))


@needs(steps_at_each_batch, is_in_training_mode, goes_through_once)
def trains_a_network(train_one_epoch):
    """a network with norms, by SGD with momentum."""

    def tensors(train: Callable) -> list[Tensor]:
        model = gated_net().eval()
        for dropout in (m for m in model.modules() if isinstance(m, nn.Dropout)):
            dropout.p = 0.0
        optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
        train(model, [images(4), images(70), images(5)], optimizer)
        return list(model.state_dict().values())

    got, expected = tensors(train_one_epoch), tensors(_plain)
    wrong = [
        k for k, a, b in zip(gated_net().state_dict(), got, expected) if not torch.allclose(a, b, atol=1e-4)
    ]
    if wrong:
        likely = recognise(got, expected, NETWORK_MISTAKES, tensors, WRONG_UPDATE)
        raise Wrong(f"{len(got)} tensors as plain training leaves them", f"others: {few(wrong)}", *likely)
    _expect_training_dropout(train_one_epoch)


@needs(trains_a_network)
def leaves_frozen(train_one_epoch):
    """what is frozen stays so."""
    model = gated_net()
    model.stem.requires_grad_(False)
    before = [p.requires_grad for p in model.parameters()]
    kernel = model.get_parameter("stem.0.weight")
    kernel.grad, old = torch.ones_like(kernel), kernel.detach().clone()
    train_one_epoch(model, [images(4)], torch.optim.SGD(model.parameters(), lr=LR, weight_decay=0.1))
    if [p.requires_grad for p in model.parameters()] != before:
        likely = "requires_grad was set: the backbone would train from here on"
        raise Wrong("the same parameters frozen", "others", likely, "train what can be trained as it is")
    if not torch.equal(kernel.detach(), old):
        likely = (
            "its gradient is the old one, or zero: weight decay moves what has a gradient that is not None"
        )
        raise Wrong(
            "stem.0.weight as it was", "others", likely, "optimizer.zero_grad() sets gradients to None"
        )


CASES = (
    reports_mean_loss,
    reports_accuracy,
    reports_floats,
    steps_at_each_batch,
    forgets_old_gradients,
    is_in_training_mode,
    goes_through_once,
    trains_a_network,
    leaves_frozen,
)


def epoch(train_one_epoch) -> None:
    """Check the exercise on one epoch of training."""
    run("train_one_epoch", CASES, train_one_epoch, library=(fitting.fit, loop.train_epoch))


def _expect_training_dropout(train_one_epoch: Callable) -> None:
    """Fail if a dropout, which has no parameters, stays in eval mode."""
    model, modes = gated_net().eval(), []
    for dropout in (m for m in model.modules() if isinstance(m, nn.Dropout)):
        dropout.register_forward_hook(lambda layer, *_: modes.append(layer.training))
    train_one_epoch(model, [images(4)], _sgd(model, LR))
    if not all(modes):
        likely = "the mode is set layer by layer, and dropout was taken for frozen: it has no parameters"
        raise Wrong(
            "training mode in dropout", "eval mode", likely, "call model.train() and leave it at that"
        )


def _expect_training_layers(train_one_epoch: Callable) -> None:
    """Fail if a layer that learns stays in eval mode because the model itself is in training mode."""
    model, modes = watched(), []
    model.linear.eval()
    model.linear.register_forward_hook(lambda layer, *_: modes.append(layer.training))
    train_one_epoch(model, batches(2, 2), _sgd(model, LR))
    if not all(modes):
        likely = "the mode is set only where model.training is False: a layer may have a mode of its own"
        remedy = "call model.train(), whatever model.training says"
        raise Wrong("training mode in `linear`, which learns", "eval mode", likely, remedy)


def _sgd(model: nn.Module, lr: float) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), lr=lr)
