"""Check of exercise vgg_count: parameters of a VGG by hand."""

from __future__ import annotations

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake
from course_utils.checks.zoo.expecting import expect

TINY = [4, "M", 6]
VGG16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]


def _count(
    config: list,
    classes: int,
    first: int = 3,
    bias: int = 1,
    places: int = 49,
    chain: bool = True,
    taps: int = 9,
    hidden: int = 2,
) -> tuple[int, int]:
    channels, convolutions = first, 0
    for width in (step for step in config if step != "M"):
        convolutions += width * (taps * channels + bias)
        channels = width if chain else first
    widths = [places * [s for s in config if s != "M"][-1], *[4096] * hidden, classes]
    return convolutions, sum(b * (a + bias) for a, b in zip(widths, widths[1:]))


COUNTS = (
    Mistake(
        lambda *case: _count(*case, bias=0),
        "the biases are missing",
        "add one for each output channel and each output of a linear layer",
    ),
    Mistake(
        lambda *case: _count(*case, places=1),
        "the first linear layer sees one number a channel here",
        "it sees all 7x7 places: 49 numbers a channel",
    ),
    Mistake(
        lambda *case: _count(*case, first=1),
        "the pictures have one channel here",
        "the first convolution sees 3 channels",
    ),
    Mistake(
        lambda *case: _count(*case, chain=False),
        "every convolution sees 3 channels here",
        "a convolution sees what the one before it gives",
    ),
    Mistake(
        lambda *case: _count(*case, taps=3),
        "a kernel of 3x3 has 9 taps, not 3",
        "9 numbers for each pair of an input and an output channel",
    ),
    Mistake(
        lambda *case: _count(*case, hidden=1),
        "one of the three linear layers is missing",
        "from the map to 4096, from 4096 to 4096, from 4096 to classes",
    ),
    Mistake(
        lambda config, classes: _count(config, classes, places=(224 // 2 ** config.count("M")) ** 2),
        "the side of the map is worked out from 224 pixels",
        "the maps are averaged to 7x7, whatever the picture size: 49 places",
    ),
    Mistake(
        lambda config, classes: _count(config, 1000),
        "the last layer always has 1000 outputs here",
        "use the argument classes",
    ),
    Mistake(
        lambda *case: _count(*case)[::-1],
        "the two numbers are in the wrong order",
        "convolutions first, then the linear layers",
    ),
)


def _share_of(conv: int, linear: int) -> float:
    return linear / (conv + linear)


SHARES = (
    Mistake(
        lambda conv, linear: 100.0 * linear / (conv + linear),
        "this is in per cent",
        "return a fraction between 0 and 1",
    ),
    Mistake(
        lambda conv, linear: conv / (conv + linear),
        "this is the convolutions' share",
        "divide the linear layers' parameters by all",
    ),
    Mistake(
        lambda conv, linear: linear / conv,
        "the linear layers are divided by the convolutions alone",
        "divide by the sum of both",
    ),
    Mistake(
        lambda conv, linear: _share_of(*_count(VGG16, 1000)),
        "the share is always that of 1000 classes",
        "hand classes on to vgg_parameters",
    ),
)
OTHER = ("another count", "write the sum out for [4] and classes=2, layer by layer")


def counts_tiny(vgg_parameters, _):
    """[4, 'M', 6] with ten classes."""
    _expect_count(vgg_parameters, TINY, 10)


def counts_vgg16(vgg_parameters, _):
    """VGG16 as torchvision builds it."""
    _expect_count(vgg_parameters, VGG16, 1000)
    return "138,357,544 in all"


@needs(counts_vgg16)
def shares(_, linear_share):
    """the linear layers' share of VGG16."""
    return _expect_share(linear_share, 1000)


@needs(shares)
def shares_of_ten(_, linear_share):
    """their share with ten classes."""
    return _expect_share(linear_share, 10)


CASES = (counts_tiny, counts_vgg16, shares, shares_of_ten)


def vgg_count(vgg_parameters, linear_share) -> None:
    """Check the exercise on the parameters of a VGG."""
    run("vgg_parameters and linear_share", CASES, vgg_parameters, linear_share)


def _expect_share(linear_share, classes: int) -> str:
    conv, linear = _count(VGG16, classes)
    expected = _share_of(conv, linear)
    got = linear_share(list(VGG16), classes)
    expect(got, expected, SHARES, lambda imitate: imitate(conv, linear), OTHER)
    return f"{expected:.2%}"


def _expect_count(vgg_parameters, config: list, classes: int) -> None:
    got = vgg_parameters(list(config), classes)
    got = tuple(got) if isinstance(got, list) else got
    expected = _count(config, classes)
    expect(got, expected, COUNTS, lambda imitate: imitate(config, classes), OTHER)
