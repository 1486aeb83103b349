"""Check of exercise untouched: parameters that no gradient reaches."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks.core import run
from course_utils.checks.finetune.tiny import build, images
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong

Gradients = list[tuple[Tensor, Tensor | None]]


class Spare(nn.Module):
    """A classifier with a frozen layer of 52 parameters and an unused one of 12."""

    def __init__(self):
        super().__init__()
        self.frozen = nn.Linear(12, 4).requires_grad_(False)
        self.spare = nn.Linear(2, 4)
        self.last = nn.Linear(4, 3)
        nn.init.zeros_(self.last.bias[:1])

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.frozen(x.flatten(1)))


def _zeros(pairs: Gradients) -> int:
    return sum(p.numel() if g is None else int((g == 0).sum()) for p, g in pairs)


# What each mistake makes of the pairs (parameter, gradient); a parameter's own .grad is an old one.
# The networks below have a few zeros here and there, so that each mistake counts another number.
MISTAKES = (
    Mistake(
        lambda pairs: sum(p.numel() for p, _ in pairs) - _zeros(pairs),
        "this is the number of parameters that do get a gradient",
        "count the others: parameter.grad == 0",
    ),
    Mistake(
        lambda pairs: sum(g is None or bool((g == 0).any()) for _, g in pairs),
        "tensors are counted, not the numbers in them",
        "sum (parameter.grad == 0) over each tensor",
    ),
    Mistake(
        lambda pairs: sum(p.numel() for p, g in pairs if g is None or (g == 0).all()),
        "only tensors without any gradient are counted",
        "look at each number of a tensor: most are reached in part",
    ),
    Mistake(
        lambda pairs: sum(p.numel() for p, _ in pairs),
        "no gradient was computed at all",
        "call .backward() on the loss before looking",
    ),
    Mistake(
        lambda pairs: _zeros(pairs) / sum(p.numel() for p, _ in pairs),
        "this is a fraction",
        "return the count",
    ),
    Mistake(
        lambda pairs: _zeros([(p, g) for p, g in pairs if g is not None]),
        "parameters whose .grad is None are left out",
        "add parameter.numel() for each of them",
    ),
    Mistake(
        lambda pairs: _zeros([(p, g) for p, g in pairs if p.ndim > 1]),
        "only weights are counted, no biases",
        "go through all of model.parameters()",
    ),
    Mistake(
        lambda pairs: sum(int((p == 0).sum()) for p, _ in pairs),
        "the parameters are compared with zero, not their gradients",
        "look at parameter.grad",
    ),
    Mistake(
        lambda pairs: sum(int((g.abs() < 1e-9).sum()) for _, g in pairs),
        "small gradients count as zero",
        "compare with zero exactly: a small gradient still moves a parameter",
    ),
    Mistake(
        lambda pairs: _zeros([(p, g if p.grad is None else g + p.grad) for p, g in pairs]),
        "the new gradients were added to those of an earlier step",
        "call model.zero_grad() first",
    ),
)
OTHER_GRADIENT = (
    "this is not the gradient of this batch's loss",
    "F.cross_entropy(model(images), labels)",
)


def counts_taps(untouched_parameters):
    """8 of the 9 taps of 3x3 kernels, where maps are 1x1."""
    _expect(untouched_parameters, _one_by_one, 96, size=1)
    return "96 of 127"


def counts_dead_units(untouched_parameters):
    """a unit that is always off, pixels that are always 0."""
    _expect(untouched_parameters, _with_dead_unit, 22)
    return "22 of 67"


def counts_none(untouched_parameters):
    """a frozen and an unused layer: their gradient is None."""
    _expect(untouched_parameters, Spare, 64)
    return "64 of 79"


def keeps_small(untouched_parameters):
    """a gradient of 1e-30 is not zero."""
    _expect(untouched_parameters, _linear, 6, scale=1e-30)


def looks_at_gradients(untouched_parameters):
    """a weight of zero may well have a gradient."""
    _expect(untouched_parameters, _zero_weights, 6)


def forgets_old_gradients(untouched_parameters):
    """gradients left from an earlier step do not matter."""
    _expect(untouched_parameters, _used_before, 22)


CASES = (
    counts_taps,
    counts_dead_units,
    counts_none,
    keeps_small,
    looks_at_gradients,
    forgets_old_gradients,
)


def untouched(untouched_parameters) -> None:
    """Check the exercise on parameters that get a gradient of exactly zero."""
    run("untouched_parameters", CASES, untouched_parameters)


def _expect(
    untouched_parameters,
    make: Callable[[], nn.Module],
    expected: int,
    size: int = 2,
    scale: float = 1.0,
) -> None:
    x, y = images(5, size)
    x[:, :2, 0, 1:] = 0
    got = untouched_parameters(build(make), x * scale, y)
    if type(got) is int and got == expected:
        return
    pairs = _gradients(build(make), x * scale, y)
    to_int = "return an int; .item() turns a tensor into one"
    otherwise = OTHER_GRADIENT if type(got) is int else of_wrong_type(got, to_int)
    likely = recognise(got, expected, MISTAKES, lambda count: count(pairs), otherwise)
    raise Wrong(expected, brief(got), *likely)


def _gradients(model: nn.Module, x: Tensor, y: Tensor) -> Gradients:
    parameters = [p for p in model.parameters() if p.requires_grad]
    loss = F.cross_entropy(model(x), y)
    gradients = iter(torch.autograd.grad(loss, parameters, allow_unused=True))
    return [(p, next(gradients) if p.requires_grad else None) for p in model.parameters()]


def _one_by_one() -> nn.Module:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(), nn.Linear(4, 3))
    nn.init.zeros_(model[2].bias[:2])
    return model


def _with_dead_unit() -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.ReLU(), nn.Linear(4, 3))
    nn.init.constant_(model[1].bias[:1], -100.0)
    nn.init.zeros_(model[3].bias[:2])
    return model


def _used_before() -> nn.Module:
    """With old gradients in one tensor."""
    model = _with_dead_unit()
    model[1].weight.grad = torch.ones_like(model[1].weight)
    return model


def _linear() -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    nn.init.zeros_(model[1].bias[:2])
    return model


def _zero_weights() -> nn.Module:
    model = _linear()
    nn.init.zeros_(model[1].weight)
    return model
