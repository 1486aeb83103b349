"""Check of exercise vgg_count: parameters of a VGG by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect

ONE, TINY, POOLED = [4], [4, "M", 6], ["M", 5, 5, "M", "M", 3, "M", "M"]
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
    linear_bias: int | None = None,
) -> tuple[int, int]:
    channels, convolutions = first, 0
    for width in (step for step in config if step != "M"):
        convolutions += width * (taps * channels + bias)
        channels = width if chain else first
    widths = [places * [s for s in config if s != "M"][-1], *[4096] * hidden, classes]
    more = bias if linear_bias is None else linear_bias
    return convolutions, sum(b * (a + more) for a, b in zip(widths, widths[1:]))


def _bias_per_input(config: list) -> int:
    widths = [3, *(step for step in config if step != "M")]
    return sum(9 * a * b + a for a, b in zip(widths, widths[1:]))


def _one_bias_a_layer(config: list, classes: int) -> tuple[int, int]:
    convolutions, linear = _count(config, classes, bias=0)
    return convolutions + sum(step != "M" for step in config), linear + 3


def _pairs_alone(config: list, classes: int) -> tuple[int, int]:
    """Without the convolution that sees the picture."""
    convolutions, linear = _count(config, classes)
    return convolutions - _count(_widths(config)[:1], classes)[0], linear


def _widths(config: list) -> list[int]:
    return [step for step in config if step != "M"]


COUNTS = (
    Mistake(
        _pairs_alone,
        "the first convolution is missing: it has none before it, and sees the picture's 3 channels",
        "begin with 3 channels in front of the first convolution",
    ),
    Mistake(
        lambda config, n: (_count(config, n)[0], _count([max(_widths(config))], n)[1]),
        "the widest convolution is taken for the last one",
        "the first linear layer sees the channels of the last convolution in the list",
    ),
    Mistake(
        partial(_count, bias=0),
        "the biases are missing",
        "add one for each output channel and each output of a linear layer",
    ),
    Mistake(
        partial(_count, bias=0, linear_bias=1),
        "the biases of the convolutions are missing",
        "add one for each output channel of a convolution",
    ),
    Mistake(
        partial(_count, linear_bias=0),
        "the biases of the linear layers are missing",
        "add one for each output of a linear layer",
    ),
    Mistake(
        lambda config, n: (_bias_per_input(config), _count(config, n)[1]),
        "a bias is counted for each input channel of a convolution",
        "add one for each output channel",
    ),
    Mistake(
        _one_bias_a_layer,
        "a layer has one bias for each of its outputs, not one in all",
        "add one for each output channel and each output of a linear layer",
    ),
    Mistake(
        lambda *case: (sum(_count(*case)), _count(*case)[1]),
        "the first number is that of all parameters",
        "return the convolutions' first, then the linear layers'",
    ),
    Mistake(
        lambda config, classes: _count(config[: config.index("M")] if "M" in config else config, classes),
        "the list is left at the first pool",
        "go on behind it: `continue`, not `break`",
    ),
    Mistake(
        lambda *case: (_count(*case)[0], sum(_count(*case))),
        "the second number is that of all parameters",
        "return the convolutions' and the linear layers', each by itself",
    ),
    Mistake(
        partial(_count, places=7),
        "the first linear layer sees 7 numbers a channel here",
        "it sees all 7x7 places: 49 numbers a channel",
    ),
    Mistake(
        partial(_count, places=1),
        "the first linear layer sees one number a channel here",
        "it sees all 7x7 places: 49 numbers a channel",
    ),
    Mistake(
        partial(_count, first=1),
        "the pictures have one channel here",
        "the first convolution sees 3 channels",
    ),
    Mistake(
        partial(_count, chain=False),
        "every convolution sees 3 channels here",
        "a convolution sees what the one before it gives",
    ),
    Mistake(
        partial(_count, taps=3),
        "a kernel of 3x3 has 9 taps, not 3",
        "9 numbers for each pair of an input and an output channel",
    ),
    Mistake(
        partial(_count, hidden=1),
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
        lambda config, n: (_count(config, n)[0], _count([512], n)[1]),
        "the first linear layer always sees 512 channels here",
        "it sees the channels of the last convolution",
    ),
    Mistake(
        lambda *case: (_count(*case)[0] + 2 * sum(s for s in case[0] if s != "M"), _count(*case)[1]),
        "batch norms are counted that this VGG does not have",
        "a convolution has weights and biases, a pool has nothing",
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
        lambda *case: 100.0 * _share_of(*_count(*case)),
        "this is in per cent",
        "return a fraction between 0 and 1",
    ),
    Mistake(
        lambda *case: 1 - _share_of(*_count(*case)),
        "this is the convolutions' share",
        "divide the linear layers' parameters by all",
    ),
    Mistake(
        lambda *case: _count(*case)[1] / _count(*case)[0],
        "the linear layers are divided by the convolutions alone",
        "divide by the sum of both",
    ),
    Mistake(
        lambda config, classes: _share_of(*_count(config, 1000)),
        "the share is always that of 1000 classes",
        "hand classes on to vgg_parameters",
    ),
    Mistake(
        lambda config, classes: _share_of(*_count(VGG16, classes)),
        "the share is always that of VGG16",
        "hand config on to vgg_parameters",
    ),
    *(
        Mistake(
            lambda *case, digits=digits: round(_share_of(*_count(*case)), digits),
            "the fraction is rounded",
            "return it with all its digits",
        )
        for digits in (2, 3, 4)
    ),
)
KEEP_THE_DEFAULT = "leave `classes: int = 1000` in the first line as it was"
DEFAULTS = (
    Mistake(
        lambda config: _count(config, 10), "ten classes are taken where none are named", KEEP_THE_DEFAULT
    ),
)
BY_HAND = "write the sum out for this list, layer by layer"


def counts_tiny(vgg_parameters, _):
    """one convolution; [4, 'M', 6]; pools in any place."""
    _expect_count(vgg_parameters, [(ONE, 2), (TINY, 10), (TINY, 20), (POOLED, 7)])


def counts_vgg16(vgg_parameters, _):
    """VGG16 as torchvision builds it."""
    return f"{sum(_expect_count(vgg_parameters, [(VGG16, 1000)])):,} in all"


@needs(counts_tiny, counts_vgg16)
def shares(_, linear_share):
    """the linear layers' share of VGG16."""
    return f"{_expect_share(linear_share, [(VGG16, 1000)]):.2%}"


@needs(shares)
def shares_of_ten(_, linear_share):
    """their share with other lists, and with ten classes."""
    return f"{_expect_share(linear_share, [(ONE, 2), (VGG16, 10)]):.2%}"


@needs(shares)
def has_a_default(vgg_parameters, linear_share):
    """1000 classes unless told otherwise."""
    trial = Trial("[4, 'M', 6] alone", lambda answer: answer(list(TINY)), _count(TINY, 1000))
    expect(vgg_parameters, [trial], DEFAULTS, KEEP_THE_DEFAULT)
    share = Trial("[4, 'M', 6] alone", lambda answer: answer(list(TINY)), _share_of(*_count(TINY, 1000)))
    expect(linear_share, [share], (), KEEP_THE_DEFAULT, rtol=1e-6)


@needs(counts_tiny)
def leaves_the_list(vgg_parameters, linear_share):
    """the list stays as it is."""
    config = list(TINY)
    vgg_parameters(config, 10)
    if config == TINY:
        linear_share(config, 10)
    if config != TINY:
        likely = "items were taken out of the caller's list"
        raise Wrong(brief(TINY), brief(config), likely, "go through the list, and leave it alone")


CASES = (counts_tiny, counts_vgg16, shares, shares_of_ten, has_a_default, leaves_the_list)


def vgg_count(vgg_parameters, linear_share) -> None:
    """Check the exercise on the parameters of a VGG."""
    run("vgg_parameters and linear_share", CASES, vgg_parameters, linear_share)


def _expect_count(vgg_parameters, cases: Sequence[tuple[list, int]]) -> tuple[int, int]:
    trials = [
        Trial(_told(config, n), lambda answer, c=config, n=n: answer(list(c), n), _count(config, n))
        for config, n in cases
    ]
    expect(vgg_parameters, trials, COUNTS, BY_HAND)
    return _count(*cases[-1])


def _expect_share(linear_share, cases: Sequence[tuple[list, int]]) -> float:
    trials = []
    for config, n in cases:

        def share(answer, config=config, n=n):
            return answer(list(config), n)

        trials.append(Trial(_told(config, n), share, _share_of(*_count(config, n))))
    expect(linear_share, trials, SHARES, BY_HAND, rtol=2e-7)
    return _share_of(*_count(*cases[-1]))


def _told(config: list, classes: int) -> str:
    return f"{'VGG16' if config == VGG16 else config}, {classes} classes"
