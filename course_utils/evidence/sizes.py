"""What a larger input costs and buys: the probes of `start`, by the size to which pictures were enlarged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from course_utils.models import lite0
from course_utils.models.cost import multiply_adds, on_meta

PROBE = "linear probe, {} px"
CLASSES = 10


@dataclass(frozen=True)
class Size:
    """One size of the input, and the step to it from the size before.

    Attributes:
        pixels: a side.
        gmac: 10^9 multiply-adds for one picture.
        accuracy: on validation images, a fraction.
        test: on test images.
        times: the work, as a multiple of the size before.
        points: gained over the size before, between the percentages as printed; 0 for the first.
    """

    pixels: int
    gmac: float
    accuracy: float
    test: float
    times: float = 1.0
    points: float = 0.0


def steps(record: Mapping) -> list[Size]:
    """The linear probes on EfficientNet-Lite0 that a record of ``start`` holds, from small to large.

    Args:
        record: see :func:`course_utils.evidence.reading.read`.
    """
    network = on_meta(lambda: lite0.build(CLASSES))
    found: list[Size] = []
    for pixels in sorted(
        _pixels(name) for name in record["arms"] if name.startswith(PROBE.partition("{")[0])
    ):
        arm = record["arms"][PROBE.format(pixels)]
        gmac, accuracy, test = multiply_adds(network, pixels) / 1e9, arm["val"][0], arm["test"][0]
        step = (gmac / found[-1].gmac, points(accuracy, found[-1].accuracy)) if found else ()
        found.append(Size(pixels, gmac, accuracy, test, *step))
    return found


def points(a: float, b: float) -> float:
    """By how many points ``a`` is ahead of ``b``, as one subtracts what is printed with one decimal."""
    return round(round(100 * a, 1) - round(100 * b, 1), 1)


def _pixels(name: str) -> int:
    return int(name.split()[-2])
