"""Check of exercise epoch: one pass of training, and the numbers it returns."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import train
from course_utils.checks.core import Mistake, Wrong, brief, must_work, recognise, run
from course_utils.checks.finetune.figures import expect_accuracy, expect_floats, expect_loss, logits_of
from course_utils.checks.finetune.tiny import Batches, batches, watched

LR = 0.5


def _descend(weight: Tensor, parts: Batches, keep: float = 0.0, sums: bool = False) -> Tensor:
    """Gradient descent on a linear classifier; ``keep`` is how much of the old gradients stays."""
    total = torch.zeros_like(weight)
    for x, y in parts:
        error = (x @ weight.T).softmax(dim=1) - F.one_hot(y, len(weight))
        total = keep * total + error.T @ x / (1 if sums else len(y))
        weight = weight - LR * total
    return weight


# What each mistake makes of the initial weights and the batches.
UPDATE_MISTAKES = (
    Mistake(
        lambda weight, parts: weight,
        "the weights never change: there is no step, or the gradients are zeroed right before it",
        "in this order: zero_grad, backward, step",
    ),
    Mistake(
        lambda weight, parts: _descend(weight, parts, keep=1.0),
        "gradients add up from batch to batch",
        "call optimizer.zero_grad() for each batch",
    ),
    Mistake(
        lambda weight, parts: _descend(weight, parts[:-1]),
        "step comes before backward: the last batch's gradient is never used",
        "in this order: zero_grad, backward, step",
    ),
    Mistake(
        lambda weight, parts: _descend(weight, parts[-1:]),
        "a single step is taken, after the last batch",
        "move optimizer.step() into the loop",
    ),
    Mistake(
        lambda weight, parts: _descend(weight, parts, sums=True),
        "the step follows the sum of the images' losses: it grows with the batch",
        "take the gradient of the mean, and sum only what is reported",
    ),
)
WRONG_UPDATE = ("the steps are not those of plain training", "for each batch: zero_grad, backward, step")


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
    model, parts = watched(), batches(5, 3, 1)
    start = model.linear.weight.detach().clone()
    train_one_epoch(model, parts, _sgd(model, LR))
    got, expected = model.linear.weight.detach(), _descend(start, parts)
    if torch.allclose(got, expected, atol=1e-5):
        return "3 steps"
    likely = recognise(got, UPDATE_MISTAKES, lambda learn: learn(start, parts), WRONG_UPDATE)
    raise Wrong(f"first row {brief(expected[0].tolist())}", brief(got[0].tolist()), *likely)


def is_in_training_mode(train_one_epoch):
    """training mode at every batch."""
    model = watched().eval()
    train_one_epoch(model, batches(2, 2, 2), _sgd(model, LR))
    modes = model.training_at_calls
    if modes and all(modes):
        return
    got = f"eval mode in {modes.count(False)} of {len(modes)}"
    likely = "the model came from an evaluation, and stayed as that left it"
    raise Wrong("training mode in each forward pass", got, likely, "call model.train() before the first batch")


def goes_through_once(train_one_epoch):
    """any iterable of batches, each of them passed once."""
    model = watched()
    likely = "the number of batches is asked for, or they are gone through twice"
    with must_work("a generator works", likely, "count batches and images in the loop"):
        train_one_epoch(model, iter(batches(2, 2, 2)), _sgd(model, LR))
    passes = len(model.training_at_calls)
    if passes != 3:
        likely = "the model is called again for the accuracy" if passes > 3 else "batches were left out"
        raise Wrong("3 forward passes", passes, likely, "call model(x) once for each batch, and use its logits twice")


CASES = (
    reports_mean_loss,
    reports_accuracy,
    reports_floats,
    steps_at_each_batch,
    is_in_training_mode,
    goes_through_once,
)


def epoch(train_one_epoch) -> None:
    """Check the exercise on one epoch of training."""
    run("train_one_epoch", CASES, train_one_epoch, library=(train.fit, train.train_epoch))


def _sgd(model: nn.Module, lr: float) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), lr=lr)
