"""Check of exercise conv_chain: output size of a chain of layers, and the smallest input."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from course_utils.checks.core import run
from course_utils.checks.mistakes import Mistake, first_only
from course_utils.checks.trials import Trial, expect

# torchvision's AlexNet: convolutions and max-pools, kernel, stride, padding.
ALEXNET = [
    (11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0),
]  # fmt: skip
RESNET_STEM = [(7, 2, 3), (3, 2, 1)]
REVIVED = [(5, 2, 0), (3, 1, 3)]
HUNGRY = [(11, 4, 0)] * 5  # needs a picture of thousands of pixels


def _side(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def _chain(size: int, layers: list, side: Callable = _side, stop: bool = True) -> int:
    for kernel, stride, padding in layers:
        size = side(size, kernel, stride, padding)
        if stop and size < 1:
            return 0
    return size


def _smallest(layers: list, start: int = 1) -> int:
    size = start
    while _chain(size, layers) == 0:
        size += 1
    return size


def _backwards(layers: list, least: int = 1) -> int:
    """The same, from the last layer to the first."""
    wanted = 1
    for kernel, stride, padding in reversed(layers):
        wanted = max((wanted - 1) * stride + kernel - 2 * padding, least)
    return wanted


def _refusing(size: int, layers: list, refuses: Callable) -> int:
    for kernel, stride, padding in layers:
        if refuses(size, kernel, padding):
            return 0
        size = _side(size, kernel, stride, padding)
    return size


def _too_large(size: int, kernel: int, padding: int) -> bool:
    return kernel > size + 2 * padding


CHAINS = (
    Mistake(
        lambda size, layers: _refusing(size, layers, lambda n, k, p: k >= n + 2 * p),
        "a kernel as large as the padded picture is refused",
        "it fits, once: refuse only what is larger",
    ),
    Mistake(
        partial(_chain, side=lambda n, k, s, p: (n + p - k) // s + 1),
        "the padding is counted on one side only",
        "it is added left and right: 2 * padding",
    ),
    Mistake(
        partial(_chain, side=lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1),
        "the division is rounded up, or towards zero, which below zero is up",
        "round down: //",
    ),
    Mistake(
        partial(_chain, side=lambda n, k, s, p: (n + 2 * p - k) // s),
        "the + 1 is missing",
        "the first place of the kernel counts too",
    ),
    Mistake(
        partial(_chain, stop=False),
        "the chain goes on after a layer has refused",
        "return 0 at once when the kernel is larger than the padded picture",
    ),
    Mistake(
        lambda size, layers: _refusing(size, layers, lambda n, k, p: k > n),
        "the kernel is compared with the picture before padding",
        "it is refused if it is larger than size + 2 * padding",
    ),
    Mistake(
        partial(_chain, side=lambda n, k, s, p: int((n + 2 * p - k) / s) + 1),
        "a kernel that is too large by less than a stride is let through: int(-0.5) is 0",
        "compare the kernel with the padded picture before you divide; // rounds down",
    ),
    Mistake(
        lambda *case: _chain(*case) or -1,
        "a refused picture gives another number than 0",
        "return 0 as soon as a layer refuses",
    ),
    Mistake(
        lambda size, layers: _chain(size, [(k, s, p) for s, k, p in layers]),
        "kernel and stride are swapped",
        "a layer is (kernel, stride, padding), in this order",
    ),
    Mistake(
        lambda size, layers: _chain(size, layers[::-1]),
        "the layers are gone through from the last to the first",
        "start with the first layer",
    ),
    Mistake(
        lambda size, layers: _chain(size, layers[:1]),
        *first_only("only the first layer is looked at"),
    ),
    Mistake(
        partial(_chain, side=lambda n, k, s, p: (n + 2 * p - k + 1) // s),
        "the 1 was added before the division",
        "(n + 2 * padding - kernel) // stride + 1",
    ),
    Mistake(
        partial(_chain, side=lambda n, k, s, p: round((n + 2 * p - k) / s) + 1),
        "the division is rounded to the nearest number",
        "round down: //",
    ),
)
ENDED = (
    "the search ended before a size was accepted",
    "search on: some chains need hundreds of pixels",
)
SMALLEST = (
    Mistake(
        lambda layers: max(1, 1 + sum(kernel - 1 for kernel, _, _ in layers)),
        "kernels are added up as if every stride were 1, and no padding there",
        "go from the last layer to the first: (n - 1) * stride + kernel - 2 * padding",
    ),
    Mistake(
        lambda layers: max(1, _backwards(layers, least=-(10**9))),
        "a map has at least one pixel in front of every layer, not of the first one alone",
        "let no side fall below 1 on the way from the last layer to the first",
    ),
    Mistake(
        lambda layers: max(1, _smallest(layers) - 1),
        "this is the largest size that is refused",
        "return the first size that is accepted",
    ),
    Mistake(
        lambda layers: _smallest(layers) - 1,
        "this is the largest size that is refused",
        "return the first size that is accepted",
    ),
    Mistake(
        lambda layers: max(1, *(kernel - 2 * padding for kernel, _, padding in layers)),
        "each layer is asked by itself: those before it have made the picture smaller",
        "try the whole chain for 1, 2, 3, ..., or go from the last layer to the first",
    ),
    Mistake(
        lambda layers: max(1, layers[0][0] - 2 * layers[0][2]),
        "only the first layer is asked",
        "later layers refuse too: try the whole chain",
    ),
    Mistake(
        lambda layers: max(kernel for kernel, _, _ in layers),
        "this is the largest kernel",
        "later layers refuse too: try the whole chain",
    ),
    *(
        Mistake(
            lambda layers, first=first: first(layers),
            "a picture of 0 pixels or fewer is no picture",
            "start at 1",
        )
        for first in (
            lambda layers: _backwards(layers, least=-(10**9)),
            lambda layers: _smallest(layers, start=0),
            lambda layers: next(n for n in range(-99, 10**6) if _refusing(n, layers, _too_large)),
        )
    ),
    Mistake(
        lambda layers: _smallest(layers, start=layers[0][0]),
        "the search starts at the first kernel; padding lets smaller pictures through",
        "start at 1",
    ),
    Mistake(
        lambda layers: _smallest(layers, start=2),
        "the search starts at 2",
        "start at 1: some chains take a single pixel",
    ),
    Mistake(
        lambda layers: found if (found := _smallest(layers)) < 200 else 0,
        *ENDED,
    ),
    *(
        Mistake(lambda layers, last=last: min(_smallest(layers), last), *ENDED)
        for last in (100, 128, 200, 223, 224, 225, 256, 299, 300)
    ),
    *(
        Mistake(
            lambda layers, chain=chain.imitate: next(n for n in range(1, 10**4) if chain(n, layers) > 0),
            "it errs as chain_output does",
            "repair chain_output first",
        )
        for chain in CHAINS
    ),
)
BY_HAND = "write the formula for one layer and print each step"


def passes(chain_output, _):
    """one layer, the stem of ResNet at 32, AlexNet at 224."""
    one = ((3, [(3, 1, 0)]), (2, [(3, 1, 1)]), (33, [(2, 2, 0)]), (10, [(2, 3, 0)]))
    return _expect_sides(chain_output, *one, (32, RESNET_STEM), (224, ALEXNET))


def refuses(chain_output, _):
    """kernels larger than the padded picture: 0."""
    _expect_sides(chain_output, (2, [(3, 1, 0)]), (4, [(9, 7, 2)]), (32, ALEXNET), (62, ALEXNET))


def stays_refused(chain_output, _):
    """what was refused is not revived by a later padding."""
    _expect_sides(chain_output, (4, REVIVED))


def finds_smallest(_, smallest_accepted):
    """the smallest picture for AlexNet, and for others."""
    shrinking, growing = [(7, 3, 0), (2, 1, 0)], [(3, 1, 1), (5, 1, 0)]
    chains = ([(3, 1, 0)], [(2, 1, 3)], RESNET_STEM, REVIVED, shrinking, growing, ALEXNET, HUNGRY)
    trials = [
        Trial(_told(layers), lambda answer, layers=layers: answer(list(layers)), _smallest(layers))
        for layers in chains
    ]
    expect(smallest_accepted, trials, SMALLEST, BY_HAND)
    return _listed(trials)


CASES = (passes, refuses, stays_refused, finds_smallest)


def conv_chain(chain_output, smallest_accepted) -> None:
    """Check the exercise on chains of convolutions."""
    run("chain_output and smallest_accepted", CASES, chain_output, smallest_accepted)


def _expect_sides(chain_output, *cases: tuple[int, list]) -> str:
    trials = [
        Trial(
            f"{size} px, {_told(layers)}",
            lambda answer, size=size, layers=layers: answer(size, list(layers)),
            side,
        )
        for size, layers, side in ((size, layers, _chain(size, layers)) for size, layers in cases)
    ]
    expect(chain_output, trials, CHAINS, BY_HAND)
    return _listed(trials)


def _told(layers: list) -> str:
    return "AlexNet" if layers == ALEXNET else f"layers {layers}"


def _listed(trials: list[Trial]) -> str:
    return ", ".join(str(trial.expected) for trial in trials)
