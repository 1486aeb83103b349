"""Check of exercise conv_chain: output size of a chain of layers, and the smallest input."""

from __future__ import annotations

from collections.abc import Callable

from course_utils.checks.core import run
from course_utils.checks.mistakes import Mistake
from course_utils.checks.zoo.expecting import expect

# torchvision's AlexNet: convolutions and max-pools, kernel, stride, padding.
ALEXNET = [
    (11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0),
]  # fmt: skip
RESNET_STEM = [(7, 2, 3), (3, 2, 1)]
REVIVED = [(5, 2, 0), (3, 1, 3)]
HUNGRY = [(11, 4, 0)] * 4  # needs a picture of hundreds of pixels


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


def _refusing(size: int, layers: list, refuses: Callable) -> int:
    for kernel, stride, padding in layers:
        if refuses(size, kernel, padding):
            return 0
        size = _side(size, kernel, stride, padding)
    return size


CHAINS = (
    Mistake(
        lambda size, layers: _refusing(size, layers, lambda n, k, p: k >= n + 2 * p),
        "a kernel as large as the padded picture is refused",
        "it fits, once: refuse only what is larger",
    ),
    Mistake(
        lambda *case: _chain(*case, side=lambda n, k, s, p: (n + p - k) // s + 1),
        "the padding is counted on one side only",
        "it is added left and right: 2 * padding",
    ),
    Mistake(
        lambda *case: _chain(*case, side=lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1),
        "the division is rounded up",
        "round down: //",
    ),
    Mistake(
        lambda *case: _chain(*case, side=lambda n, k, s, p: (n + 2 * p - k) // s),
        "the + 1 is missing",
        "the first place of the kernel counts too",
    ),
    Mistake(
        lambda *case: _chain(*case, stop=False),
        "the chain goes on after a layer has refused",
        "return 0 at once when the kernel is larger than the padded picture",
    ),
    Mistake(
        lambda size, layers: _refusing(size, layers, lambda n, k, p: k > n),
        "the kernel is compared with the picture before padding",
        "it is refused if it is larger than size + 2 * padding",
    ),
    Mistake(
        lambda size, layers: _chain(size, layers[:1]),
        "only the first layer is looked at",
        "return after the loop, not inside it",
    ),
)
SMALLEST = (
    Mistake(
        lambda layers: _smallest(layers) - 1,
        "this is the largest size that is refused",
        "return the first size that is accepted",
    ),
    Mistake(
        lambda layers: max(kernel for kernel, _, _ in layers),
        "this is the largest kernel",
        "later layers refuse too: try the whole chain",
    ),
    Mistake(
        lambda layers: 0,
        "the search ended before a size was accepted",
        "search on: some chains need hundreds of pixels",
    ),
)
OTHER = ("another side", "write the formula for one layer and print each step")


def passes(chain_output, _):
    """AlexNet at 224, the stem of ResNet at 32, others."""
    _expect_side(chain_output, 224, ALEXNET)
    _expect_side(chain_output, 32, RESNET_STEM)
    _expect_side(chain_output, 33, [(2, 2, 0)])
    _expect_side(chain_output, 2, [(3, 1, 1)])
    _expect_side(chain_output, 3, [(3, 1, 0)])
    return "6, 8, 16, 2 and 1"


def refuses(chain_output, _):
    """AlexNet refuses 32 and 62."""
    for size in (32, 62):
        _expect_side(chain_output, size, ALEXNET)


def stays_refused(chain_output, _):
    """what was refused is not revived by a later padding."""
    _expect_side(chain_output, 4, REVIVED)


def finds_smallest(_, smallest_accepted):
    """the smallest picture for AlexNet, and for others."""
    for layers in (ALEXNET, RESNET_STEM, REVIVED, [(7, 3, 0), (2, 1, 0)], HUNGRY):
        got, expected = smallest_accepted(list(layers)), _smallest(layers)
        expect(got, expected, SMALLEST, lambda imitate, case=layers: imitate(case), OTHER)
    return "63, 1, 5, 10 and 851"


CASES = (passes, refuses, stays_refused, finds_smallest)


def conv_chain(chain_output, smallest_accepted) -> None:
    """Check the exercise on chains of convolutions."""
    run("chain_output and smallest_accepted", CASES, chain_output, smallest_accepted)


def _expect_side(chain_output, size: int, layers: list) -> None:
    got, expected = chain_output(size, list(layers)), _chain(size, layers)
    expect(got, expected, CHAINS, lambda imitate: imitate(size, layers), OTHER)
