"""Check of exercise permuted_control: the same numbers in another order, and nothing else changed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_utils.analysis import controls
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong


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
        "all numbers were moved by as many places: neighbours are still neighbours",
        "draw a random order: torch.randperm(p.numel(), generator=generator)",
    ),
)
OTHER_NUMBERS = (
    "the numbers are new ones, with other values",
    "keep the numbers, and change their order: p.flatten()[order]",
)
OTHERWISE = ("the order is not a random one of the whole tensor", "see torch.randperm")
SMALL_SHUFFLED = ("biases and norms were changed, too", "leave tensors of one dimension as they are")
NOT_RESET = (
    "batch norm still has the statistics of the old features",
    "call reset_running_stats() on every batch norm",
)


def keeps_the_numbers(permuted_control):
    """every weight has the same numbers as before."""
    before, after = _weights_of(_net()), _weights_of(_answer(permuted_control, _net()))
    kept = [a.shape == b.shape and _numbers(a) == _numbers(b) for a, b in zip(before, after)]
    if len(after) != len(before) or not all(kept):
        got = f"{kept.count(False)} of {len(before)} weights have others"
        raise Wrong("the same numbers", got, *OTHER_NUMBERS)


@needs(keeps_the_numbers)
def moves_them(permuted_control):
    """they lie in another order, across the whole tensor."""
    before, after = _weights_of(_net()), _weights_of(_answer(permuted_control, _net()))
    for old, new in zip(before, after):
        got = _mixing(old, new)
        if not any(got):
            continue
        likely = recognise(got, None, MISTAKES, lambda wrong, old=old: _mixing(old, wrong(old)), OTHERWISE)
        told = f"a weight {list(old.shape)} that is not"
        raise Wrong("the numbers of every weight mixed", told, *likely)


def leaves_small_tensors(permuted_control):
    """biases and norms stay as they are."""
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
    """running statistics are reset: 0, 1 and 0 batches."""
    after = _answer(permuted_control, _net())
    old = [
        name
        for name, m in after.named_modules()
        if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)
        and (m.running_mean.any() or (m.running_var != 1).any() or m.num_batches_tracked != 0)
    ]
    if old:
        raise Wrong("mean 0, variance 1", f"others in layers {few(old)}", *NOT_RESET)


def leaves_the_original(permuted_control):
    """the original stays as it is, and shares nothing."""
    model = _net()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    after = _answer(permuted_control, model)
    moved = [k for k, v in model.state_dict().items() if not torch.equal(v, before[k])]
    remedy = "work on copy.deepcopy(model)"
    if moved:
        likely = "the model that was passed was changed"
        raise Wrong("0 tensors changed", f"{len(moved)} changed: {few(moved)}", likely, remedy)
    places = {t.data_ptr() for t in model.state_dict().values()}
    shared = [k for k, v in after.state_dict().items() if v.data_ptr() in places]
    if shared:
        likely = "the copy shares tensors with the original: copy.copy copies no tensor"
        raise Wrong("no shared tensor", f"shared: {few(shared)}", likely, remedy)


@needs(moves_them)
def draws_from_the_generator(permuted_control):
    """the order comes from the generator, and only from it."""
    torch.manual_seed(1)
    first = _answer(permuted_control, _net())
    torch.manual_seed(2)
    second = _answer(permuted_control, _net())
    other = _answer(permuted_control, _net(), seed=9)
    one, two, three = (torch.cat([p.flatten() for p in _weights_of(m)]) for m in (first, second, other))
    if not torch.equal(one, two):
        likely = "random numbers were taken from somewhere else"
        remedy = "torch.randperm(n, generator=generator)"
        raise Wrong("the same order from the same seed", "another order", likely, remedy)
    if torch.equal(one, three):
        likely = "a seed was set inside, so that every control is the same"
        raise Wrong("another order from another seed", "the same", likely, "draw from `generator`")


CASES = (
    keeps_the_numbers,
    moves_them,
    leaves_small_tensors,
    resets_statistics,
    leaves_the_original,
    draws_from_the_generator,
)


def permuted_control(permuted_control) -> None:
    """Check the exercise on a control network with permuted weights."""
    run("permuted_control", CASES, permuted_control, library=(controls.permuted_copy,))


def _answer(permuted_control, model: nn.Module, seed: int = 4) -> nn.Module:
    result = permuted_control(model, _generator(seed))
    if isinstance(result, nn.Module):
        return result
    remedy = "return the network with the shuffled weights"
    raise Wrong("a network", brief(result), *of_wrong_type(result, remedy))


def _mixing(old: Tensor, new: Tensor) -> tuple[bool, bool, bool, bool]:
    """Whether ``new`` equals ``old``, has the same numbers in each kernel, the same kernels, or most
    neighbours still side by side."""
    rows, others = ([_numbers(kernel) for kernel in weight] for weight in (old, new))
    kept = _neighbours(old) & _neighbours(new)
    moved_together = 2 * len(kept) > old.numel()
    return torch.equal(old, new), rows == others, sorted(rows) == sorted(others), moved_together


def _neighbours(weight: Tensor) -> set[tuple[float, float]]:
    numbers = weight.flatten().tolist()
    return set(zip(numbers, numbers[1:]))


def _numbers(tensor: Tensor) -> list[float]:
    return sorted(tensor.flatten().tolist())


def _weights_of(model: nn.Module) -> list[Tensor]:
    return [p.detach() for p in model.parameters() if p.ndim > 1]


def _generator(seed: int = 4) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _net() -> nn.Module:
    """The same small network at each call, its batch norms used, no two numbers alike."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        model = nn.Sequential(
            nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(),
            nn.Conv2d(5, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 6),
            nn.BatchNorm1d(6),
        )  # fmt: skip
        for p in model.parameters():
            nn.init.normal_(p)
        model(torch.randn(8, 3, 5, 5))
    return model
