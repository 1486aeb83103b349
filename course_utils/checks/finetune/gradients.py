"""Check of exercise untouched: parameters that no gradient reaches."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks.core import needs, run
from course_utils.checks.finetune.tiny import build, images
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.models.seeding import seeded

Gradients = list[tuple[Tensor, Tensor | None]]


class Spare(nn.Module):
    """A classifier with a frozen layer of 52 parameters, an unused one of 12, and 4 of its own."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.frozen = nn.Linear(12, 4).requires_grad_(False)
        self.spare = nn.Linear(2, 4)
        self.last = nn.Linear(4, 3)
        nn.init.zeros_(self.last.bias[:1])
        nn.init.zeros_(self.last.weight[:, :1])
        nn.init.zeros_(self.scale[1:2])

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.frozen(x.flatten(1)) * self.scale)


class Tied(nn.Module):
    """One matrix of 16 numbers in two places; a unit that is always off."""

    def __init__(self):
        super().__init__()
        self.entry = nn.Linear(12, 4)
        self.once, self.again = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        self.again.weight = self.once.weight
        self.last = nn.Linear(4, 3)
        with torch.no_grad():
            self.entry.bias[0], self.once.weight[0] = -100.0, 0.0
            self.last.bias[:2] = 0.0

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.again(self.once(self.entry(x.flatten(1)).relu())))


def _zeros(pairs: Gradients) -> int:
    return sum(p.numel() if g is None else int((g == 0).sum()) for p, g in pairs)


def _added(pairs: Gradients) -> Gradients:
    """The gradients on top of those of an earlier step."""
    return [(p, g if p.grad is None else p.grad if g is None else g + p.grad) for p, g in pairs]


# Numbers without a gradient in the networks below.
TIED, SURE = 26, 19

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
        lambda pairs: sum(p.numel() if g is None else int((g <= 0).sum()) for p, g in pairs),
        "negative gradients are counted, too",
        "compare with zero exactly: ==",
    ),
    Mistake(
        lambda pairs: sum(1 if g is None else int((g == 0).sum()) for _, g in pairs),
        "a parameter without a gradient is counted as one number",
        "add parameter.numel() for each of them",
    ),
    Mistake(
        lambda pairs: sum(int((p == 0).sum()) for p, _ in pairs),
        "the parameters are compared with zero, not their gradients",
        "look at parameter.grad",
    ),
    Mistake(
        lambda pairs: sum(int((g.abs() < 1e-30).sum()) for _, g in pairs),
        "small gradients count as zero",
        "compare with zero exactly: a small gradient still moves a parameter",
    ),
    Mistake(
        lambda pairs: _zeros(_added(pairs)),
        "the new gradients were added to those of an earlier step",
        "call model.zero_grad() first",
    ),
    Mistake(
        lambda pairs: _zeros([(p, g) for p, g in pairs if p.requires_grad]),
        "frozen parameters are left out: they get no gradient, so they count in full",
        "go through all of model.parameters()",
    ),
)
STALE = Mistake(
    lambda pairs: _zeros([(p, p.grad if g is None else g) for p, g in pairs]),
    "a frozen parameter still has the gradient of an earlier step",
    "clear all gradients: model.zero_grad() knows frozen parameters, too",
)
OF_THE_MODEL = Mistake(
    lambda pairs: _zeros(pairs[1:]),
    "a parameter that belongs to the model itself, not to a layer, was forgotten",
    "go through model.parameters(): it finds all of them",
)
TWICE = Mistake(
    lambda pairs: _zeros([*pairs, pairs[2]]),
    "one tensor is used in two layers, and its numbers are counted twice",
    "go through model.parameters(): it names each tensor once",
)
# Each takes the place of the cross-entropy.
OTHER_LOSSES = (
    # No gradient where the model is sure and wrong; nor has a loss with the model's guesses for labels.
    Mistake(
        lambda logits, labels: F.cross_entropy(logits.softmax(dim=1), labels),
        "another loss: softmax before cross_entropy, which applies it itself, or other labels were taken",
        "F.cross_entropy(model(images), labels)",
    ),
    Mistake(
        lambda logits, labels: F.nll_loss(logits, labels),
        "nll_loss takes the logarithms of probabilities, and got logits",
        "F.cross_entropy(model(images), labels)",
    ),
    Mistake(
        lambda logits, labels: logits.sum(),
        "the gradient is that of another loss, such as the sum of the logits or the squared error",
        "F.cross_entropy(model(images), labels)",
    ),
    Mistake(
        lambda logits, labels: F.cross_entropy(logits[:1], labels[:1]),
        "only the first image is used",
        "give the model the whole batch",
    ),
)
THAWED = Mistake(
    lambda model: model.requires_grad_(True),
    "frozen parameters were thawed, and got gradients",
    "leave requires_grad as it is: what is frozen counts in full",
)
OF_ITS_OWN = "leave out train() and eval()"
OTHER_GRADIENT = (
    "none of the usual mistakes explains this",
    "print name, numel() and (grad == 0).sum() of every parameter of a small model",
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
    _expect(untouched_parameters, Spare, 68, mistakes=(*MISTAKES, OF_THE_MODEL))
    return "68 of 83"


def counts_tied_once(untouched_parameters):
    """a tensor that is used in two layers counts once."""
    _expect(untouched_parameters, Tied, TIED, mistakes=(*MISTAKES, TWICE))


def keeps_small(untouched_parameters):
    """a gradient of 1e-36 is not zero."""
    _expect(untouched_parameters, _linear, 6, scale=1e-36)


def looks_at_gradients(untouched_parameters):
    """a weight of zero may well have a gradient."""
    _expect(untouched_parameters, _zero_weights, 6)


@needs(counts_dead_units)
def takes_the_loss(untouched_parameters):
    """the gradient is that of the loss with these labels."""
    _expect(untouched_parameters, _sure, SURE, mistakes=())


@needs(counts_none)
def forgets_old_gradients(untouched_parameters):
    """gradients left from an earlier step do not matter."""
    _expect(untouched_parameters, _used_before, 22)
    _expect(untouched_parameters, _frozen_later, 68, mistakes=(STALE, *MISTAKES))


@needs(counts_none)
def goes_by_the_mode(untouched_parameters):
    """in the mode that the model is in, which stays."""
    expected, got = [90, 0], []
    for training in (True, False):
        with seeded(0):
            model = nn.Sequential(nn.Flatten(), nn.Linear(12, 6), nn.Dropout(1.0), nn.Linear(6, 2))
            x = 1 + torch.rand(5, 3, 2, 2)
        got.append(untouched_parameters(model.train(training), x, torch.arange(5) % 2))
        if model.training is not training:
            raise Wrong("the mode as it was", "another one", "train() or eval() was called", OF_ITS_OWN)
    if got != expected:
        raise Wrong(expected, got, "the count is that of another mode", OF_ITS_OWN)


def makes_one_pass(untouched_parameters):
    """one backward pass for the whole batch."""
    model, passes, sizes = build(_linear), [], []
    model.get_parameter("1.weight").register_hook(lambda _: passes.append(1))
    model.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    untouched_parameters(model, *images(5, 2))
    if len(passes) > 1:
        likely = "the images are sent through one by one, or in parts"
        if set(sizes) == {5}:
            likely = "the whole batch goes backward more than once"
        remedy = "give the model the whole batch, and call .backward() once"
        raise Wrong("one backward pass", f"{len(passes)} for 5 images", likely, remedy)


CASES = (
    counts_taps,
    counts_dead_units,
    counts_none,
    counts_tied_once,
    keeps_small,
    looks_at_gradients,
    takes_the_loss,
    forgets_old_gradients,
    goes_by_the_mode,
    makes_one_pass,
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
    mistakes: tuple[Mistake, ...] = MISTAKES,
) -> None:
    x, y = images(5, size)
    x[:, :2, 0, 1:] = 0
    got = untouched_parameters(build(make), x * scale, y)
    if type(got) is int and got == expected:
        return
    pairs = _gradients(build(make), x * scale, y)
    to_int = "return an int; .item() turns a tensor into one"
    otherwise = OTHER_GRADIENT if type(got) is int else of_wrong_type(got, to_int)

    def with_loss(loss: Callable) -> int:
        return _zeros(_gradients(build(make), x * scale, y, loss))

    def with_change(change: Callable) -> int:
        return _zeros(_gradients(change(build(make)), x * scale, y))

    otherwise = recognise(got, expected, (THAWED,), with_change, otherwise)
    otherwise = recognise(got, expected, OTHER_LOSSES, with_loss, otherwise)
    raise Wrong(
        expected, brief(got), *recognise(got, expected, mistakes, lambda count: count(pairs), otherwise)
    )


def _gradients(model: nn.Module, x: Tensor, y: Tensor, loss: Callable = F.cross_entropy) -> Gradients:
    parameters = [p for p in model.parameters() if p.requires_grad]
    gradients = iter(torch.autograd.grad(loss(model(x), y), parameters, allow_unused=True))
    return [(p, next(gradients) if p.requires_grad else None) for p in model.parameters()]


def _one_by_one() -> nn.Module:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(), nn.Linear(4, 3))
    nn.init.zeros_(model.get_parameter("2.bias")[:2])
    return model


def _with_dead_unit() -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.ReLU(), nn.Linear(4, 3))
    nn.init.constant_(model.get_parameter("1.bias")[:1], -100.0)
    nn.init.zeros_(model.get_parameter("3.bias")[:2])
    return model


def _used_before() -> nn.Module:
    """With old gradients in one tensor."""
    model = _with_dead_unit()
    weight = model.get_parameter("1.weight")
    weight.grad = torch.ones_like(weight)
    return model


def _frozen_later() -> nn.Module:
    """With old gradients in a layer that has been frozen since."""
    model = Spare()
    for parameter in model.frozen.parameters():
        parameter.grad = torch.ones_like(parameter)
    return nn.Sequential(model)


def _sure() -> nn.Module:
    """Sure of the second class: the others have probability 0, and no image is of the fourth."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 4))
    nn.init.zeros_(model.get_parameter("1.weight"))
    model.get_parameter("1.bias").data = torch.tensor([0.0, 500.0, -500.0, -500.0])
    return model


def _linear() -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    nn.init.zeros_(model.get_parameter("1.bias")[:2])
    return model


def _zero_weights() -> nn.Module:
    model = _linear()
    nn.init.zeros_(model.get_parameter("1.weight"))
    return model
