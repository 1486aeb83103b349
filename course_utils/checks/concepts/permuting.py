"""Check of exercise permuted_control: the same numbers in another order, and nothing else changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.analysis import controls
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.trials import UNEXPLAINED
from course_utils.checks.unchanged import Kept
from course_utils.models.seeding import seeded


def _shuffled(numbers: Tensor) -> Tensor:
    return numbers.flatten()[torch.randperm(numbers.numel())].view_as(numbers)


# What each makes of a weight; compared by _mixing, so that the order itself does not matter.
MISTAKES = (
    Mistake(
        lambda weight: weight,
        "nothing was shuffled",
        "write the shuffled numbers back: p.copy_(...) inside torch.no_grad()",
    ),
    Mistake(
        lambda weight: weight.roll(1, dims=0),
        "whole kernels were moved: each one is still intact, and with it what it knows",
        "shuffle the single numbers of a tensor: flatten it first",
    ),
    Mistake(
        lambda weight: torch.stack([_shuffled(kernel) for kernel in weight]),
        "numbers were shuffled inside each kernel only",
        "shuffle all numbers of the tensor together: flatten it first",
    ),
    Mistake(
        lambda weight: weight.flatten().roll(3).view_as(weight),
        "neighbours are still neighbours: all numbers were moved alike or turned round, or only some moved",
        "draw a random order: torch.randperm(p.numel(), generator=generator)",
    ),
)
OTHER_NUMBERS = (
    "the numbers are new ones, with other values",
    "keep the numbers, and change their order: p.flatten()[order]",
)
DRAWN_AGAIN = (
    "some numbers come twice, and others are gone: each place was drawn by itself",
    "draw an order, in which each place comes once: torch.randperm(p.numel(), generator=generator)",
)
FLOAT32 = (
    "numbers of float64 are rounded to float32",
    "index the tensor itself, which keeps its type: p.flatten()[order]",
)
SHIFTED = (
    "all numbers were moved on by the same number of places: a shift is no random order, neighbours stay",
    "draw a random order: torch.randperm(p.numel(), generator=generator)",
)
FIRST_ONLY = (
    "only the first numbers of a large weight were shuffled",
    "draw an order of all of them: torch.randperm(p.numel(), generator=generator)",
)
FROZEN_LEFT_OUT = (
    "what is frozen was left out",
    "go through all of model.parameters(), whatever requires_grad says",
)
VARIANCE_ZERO = (
    "the variances are 0: a norm divides by them",
    "variance 1: running_var.fill_(1), or reset_running_stats()",
)
OTHERWISE = (UNEXPLAINED, "the order is to be a random one of the whole tensor: see torch.randperm")
UNEVEN = (
    "some orders are likelier than others, or never come: numbers are shifted, or swapped in part",
    "torch.randperm(n, generator=generator)",
)
SOME_SHUFFLED = (
    "some kinds of layers were left out, or parameters that belong to no layer",
    "go through model.parameters() and ask each for p.ndim, not layers for their kind",
)
LOST_IN_A_COPY = (
    "its memory has another order (channels_last): there flatten() gives a copy, and writing into it is lost",
    "write into the parameter itself: p.copy_(...)",
)
SMALL_SHUFFLED = ("biases and norms were changed, too", "leave tensors of one dimension as they are")
NOT_RESET = (
    "a batch norm still has the statistics of the old features",
    "call reset_running_stats() on every batch norm, of 1, 2 and 3 dimensions and of subclasses",
)
CHANGED = ("the model that was passed was changed", "work on copy.deepcopy(model)")


class Norm(nn.BatchNorm2d):
    """A batch norm of somebody's own."""


class OwnNorm(nn.BatchNorm1d):
    """Another one, for hidden tests."""


def keeps_the_numbers(permuted_control):
    """every weight has the same numbers as before."""
    before, after = _weights_of(_net()), _weights_of(_answer(permuted_control, _net()))
    kept = [a.shape == b.shape and _numbers(a) == _numbers(b) for a, b in zip(before, after)]
    if len(after) != len(before) or not all(kept):
        got = f"{kept.count(False)} of {len(before)} weights have others"
        again = all(set(_numbers(a)) <= set(_numbers(b)) for a, b in zip(after, before))
        raise Wrong("the same numbers", got, *(DRAWN_AGAIN if again else OTHER_NUMBERS))
    double = nn.Linear(7, 5, bias=False, dtype=torch.float64)
    old = double.weight.detach().clone()
    (new,) = _weights_of(_answer(permuted_control, double))
    if _numbers(new) != _numbers(old):
        why = FLOAT32 if _numbers(new) == _numbers(old.float()) else OTHER_NUMBERS
        raise Wrong("the same numbers, in a network of float64", "others", *why)


@needs(keeps_the_numbers)
def moves_them(permuted_control):
    """they lie in another order, across the whole tensor."""
    before, after = _weights_of(_net()), _weights_of(_answer(permuted_control, _net()))
    stayed = [list(old.shape) for old, new in zip(before, after) if torch.equal(old, new)]
    if 0 < len(stayed) < len(before):
        got = f"{len(before) - len(stayed)} of them; as before: {brief(stayed)}"
        raise Wrong(f"{len(before)} weights shuffled", got, *_why_not_all(before, after))
    shifts = [_shift(old, new) for old, new in zip(before, after)]
    if None not in shifts and any(by and by % old[0].numel() for by, old in zip(shifts, before)):
        raise Wrong("the numbers of every weight mixed", f"shifted by {brief(shifts)} places", *SHIFTED)
    for old, new in zip(before, after):
        _expect_mixed(old, new)
    wide = nn.Linear(90, 70, bias=False)
    old = wide.weight.detach().clone()
    (new,) = _weights_of(_answer(permuted_control, wide))
    if (share := (old == new).float().mean().item()) > 0.1:
        got = f"{share:.0%} of them lie where they lay"
        raise Wrong(f"the {old.numel():,} numbers of a weight mixed", got, *FIRST_ONLY)


def leaves_small_tensors(permuted_control):
    """parameters of one dimension stay as they are."""
    before, after = _net(), _answer(permuted_control, _net())
    new = dict(after.named_parameters())
    moved = [
        name
        for name, p in before.named_parameters()
        if p.ndim == 1 and not (name in new and torch.equal(p, new[name]))
    ]
    if moved:
        raise Wrong("0 tensors changed", f"{len(moved)} changed: {few(moved)}", *SMALL_SHUFFLED)


def resets_statistics(permuted_control):
    """running statistics are reset: mean 0, variance 1."""
    after = _answer(permuted_control, _net())
    old = [
        name
        for name, m in after.named_modules()
        if isinstance(m, controls.BatchNorm)
        and (m.get_buffer("running_mean").any() or (m.get_buffer("running_var") != 1).any())
    ]
    if old:
        norms = [m for m in after.modules() if isinstance(m, controls.BatchNorm)]
        zeros = not any(m.get_buffer("running_var").any() for m in norms)
        why = VARIANCE_ZERO if zeros else NOT_RESET
        raise Wrong("mean 0, variance 1", f"others in layers {few(old)}", *why)


@needs(keeps_the_numbers)
def keeps_ties(permuted_control):
    """a weight that two layers share is still one."""
    model = _net()
    head = nn.Linear(7, 9)
    head.weight = model.get_parameter("table")
    model.add_module("head", head)
    after = _answer(permuted_control, model)
    if after.get_parameter("head.weight") is not after.get_parameter("table"):
        likely = "one of the two layers got the shuffled weight as a parameter of its own"
        raise Wrong("one tensor in two layers", "two tensors", likely, "keep the parameter, and set p.data")


def copies_the_rest(permuted_control):
    """all else is copied: layers, mode, what is trainable."""
    for mode in (True, False):
        after = _answer(permuted_control, _in_mode(mode))
        if different := _differences(_in_mode(mode), after):
            likely = "the copy is not one in this"
            if different == ["buffers"]:
                likely = "buffers were changed: state_dict() has them, too, but they are no parameters"
            remedy = "copy.deepcopy(model) has all of it; change weights and running statistics alone"
            raise Wrong("a copy", f"other {few(different)}", likely, remedy)


def leaves_the_original(permuted_control):
    """the original stays as it is, and shares nothing."""
    model = _net()
    kept = Kept(model)
    after = _answer(permuted_control, model)
    if changes := kept.changes():
        raise Wrong("0 things changed", f"changed: {few(changes)}", *CHANGED)
    places = {t.data_ptr() for t in model.state_dict().values()}
    shared = [k for k, v in after.state_dict().items() if v.data_ptr() in places]
    if shared:
        likely = "the copy shares tensors with the original: copy.copy copies no tensor"
        raise Wrong("no shared tensor", f"shared: {few(shared)}", likely, CHANGED[1])


@needs(moves_them)
def draws_from_the_generator(permuted_control):
    """the order comes from the generator, and only from it."""
    with seeded(1):
        first = _drawn(permuted_control, _generator(4))
    with seeded(2):
        again = _drawn(permuted_control, _generator(4))
    if not torch.equal(first, again):
        likely = "random numbers were taken from somewhere else"
        remedy = "torch.randperm(n, generator=generator)"
        raise Wrong("the same order from the same seed", "another order", likely, remedy)
    if torch.equal(first, _drawn(permuted_control, _generator(9))):
        likely = "the order is a fixed one, or a seed was set inside: every control is the same"
        raise Wrong("another order from another seed", "the same", likely, "draw from `generator`")
    generator = _generator(4)
    if torch.equal(_drawn(permuted_control, generator), _drawn(permuted_control, generator)):
        likely = "only the generator's seed is used: it is never drawn from"
        remedy = "torch.randperm(n, generator=generator)"
        raise Wrong("another order at the next call", "the same", likely, remedy)


@needs(draws_from_the_generator)
def draws_for_each(permuted_control):
    """each weight has an order of its own."""
    pair = nn.ParameterList([torch.arange(99.0).view(9, 11), torch.arange(99.0).view(9, 11)])
    first, second = _weights_of(_answer(permuted_control, pair))
    if torch.equal(first, second):
        likely = "one order serves all tensors of a size"
        remedy = "draw for each parameter: torch.randperm(p.numel(), generator=generator)"
        raise Wrong("two weights in two orders", "the same order in both", likely, remedy)


@needs(draws_from_the_generator, leaves_the_original)
def draws_evenly(permuted_control):
    """every order is as likely as any other."""
    model, generator, turns = nn.Linear(4, 1, bias=False), _generator(4), 240
    model.weight.data = torch.arange(4.0)[None]
    copies = [_answer(permuted_control, model, generator) for _ in range(turns)]
    orders = torch.stack([copy.get_parameter("weight").flatten() for copy in copies])
    came = torch.stack([(orders == number).sum(dim=0) for number in range(4)])  # times at each place
    if came.min() < 25 or came.max() > 105:
        got = f"one of them at one place {came.max()} times, another {came.min()} times"
        raise Wrong(f"4 numbers, each at each place about {turns // 4} times", got, *UNEVEN)


CASES = (
    keeps_the_numbers,
    moves_them,
    keeps_ties,
    leaves_small_tensors,
    resets_statistics,
    copies_the_rest,
    leaves_the_original,
    draws_from_the_generator,
    draws_for_each,
    draws_evenly,
)


def permuted_control(permuted_control) -> None:
    """Check the exercise on a control network with permuted weights."""
    run("permuted_control", CASES, permuted_control, library=(controls.permuted_copy,))


def _answer(permuted_control, model: nn.Module, generator: torch.Generator | None = None) -> nn.Module:
    result = permuted_control(model, generator or _generator(4))
    if isinstance(result, nn.Module):
        return result
    remedy = "return the network with the shuffled weights"
    raise Wrong("a network", brief(result), *of_wrong_type(result, remedy))


def _drawn(permuted_control, generator: torch.Generator) -> Tensor:
    """All weights of a control in a row."""
    return torch.cat([p.flatten() for p in _weights_of(_answer(permuted_control, _net(), generator))])


def _expect_mixed(old: Tensor, new: Tensor) -> None:
    got = _mixing(old, new)
    if any(got):
        likely = recognise(got, None, MISTAKES, lambda wrong: _mixing(old, wrong(old)), OTHERWISE)
        raise Wrong("the numbers of every weight mixed", f"a weight {list(old.shape)} that is not", *likely)


def _mixing(old: Tensor, new: Tensor) -> tuple[bool, bool, bool, bool]:
    """Whether ``new`` equals ``old``, has the same numbers in each kernel, the same kernels, or most
    numbers the same step away from the number before them."""
    rows, others = ([_numbers(kernel) for kernel in weight] for weight in (old, new))
    return torch.equal(old, new), rows == others, sorted(rows) == sorted(others), _same_step(old, new) > 0.5


def _same_step(old: Tensor, new: Tensor) -> float:
    """Which fraction of neighbours in ``new`` lay equally far from each other in ``old``, at most."""
    places = {number: i for i, number in enumerate(old.flatten().tolist())}
    order = [places[number] for number in new.flatten().tolist()]
    steps = Counter(b - a for a, b in zip(order, order[1:]))
    return max(steps.values()) / len(order)


def _differences(model: nn.Module, other: nn.Module) -> list[str]:
    """In what a copy is none, beside weights and running statistics."""
    facts: dict[str, Callable[[nn.Module], object]] = {
        "layers": str,
        "modes": lambda net: [m.training for m in net.modules()],
        "trainable parameters": lambda net: [p.requires_grad for p in net.parameters()],
        "buffers": lambda net: [b.tolist() for n, b in net.named_buffers() if n.startswith("constants")],
    }
    return [name for name, of in facts.items() if of(model) != of(other)]


def _why_not_all(before: list[Tensor], after: list[Tensor]) -> tuple[str, str]:
    """Why some weights, but not all, are shuffled: ``before`` and ``after`` have those of _net."""
    stayed = [old for old, new in zip(before, after) if torch.equal(old, new)]
    frozen = [p.detach() for p in _net().parameters() if p.ndim > 1 and not p.requires_grad]
    if not any(old.is_contiguous() for old in stayed):
        return LOST_IN_A_COPY
    same = len(stayed) == len(frozen) and all(map(torch.equal, stayed, frozen))
    return FROZEN_LEFT_OUT if same else SOME_SHUFFLED


def _shift(old: Tensor, new: Tensor) -> int | None:
    """By how many places all numbers were moved on, if they were."""
    old, new = old.flatten(), new.flatten()
    by = int((new == old[0]).nonzero()[0])
    return by if torch.equal(old.roll(by), new) else None


def _numbers(tensor: Tensor) -> list[float]:
    return sorted(tensor.flatten().tolist())


def _weights_of(model: nn.Module) -> list[Tensor]:
    return [p.detach() for p in model.parameters() if p.ndim > 1]


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _in_mode(mode: bool) -> nn.Module:
    """The network in this mode, but for one layer."""
    model = _net().train(mode)
    model.get_submodule("1").train(not mode)
    return model


def _net() -> nn.Module:
    """The same small network at each call, its batch norms used, no two numbers alike."""
    with seeded(6):
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3),
            nn.BatchNorm2d(8, momentum=0.3),
            nn.ReLU(),
            nn.Conv2d(8, 4, 3, bias=False).to(memory_format=torch.channels_last),
            Norm(4, eps=1e-3),
            nn.Unflatten(1, (4, 1)),
            nn.BatchNorm3d(4),
            nn.Flatten(),
            nn.Linear(4, 16),
            nn.BatchNorm1d(16),
        )
        model.register_parameter("table", nn.Parameter(torch.empty(9, 7)))
        model.register_parameter("gain", nn.Parameter(torch.empty(11)))
        model.register_buffer("constants", torch.arange(6.0).view(2, 3))
        for p in model.parameters():
            nn.init.normal_(p)
        model(torch.randn(8, 3, 5, 5)).square().sum().backward()
    model[0].requires_grad_(False)
    return model
