"""How many labels a better start is worth, read off two learning curves."""

from __future__ import annotations

import math
from collections.abc import Mapping

from course_utils.errors import DataError


def labels_needed(curve: Mapping[int, float], accuracy: float) -> float:
    """The smallest number of labelled images at which a learning curve reaches ``accuracy``.

    Between two measured amounts the curve is a straight line over log(amount), where learning curves
    are close to straight. Nothing is extrapolated.

    Args:
        curve: number of labelled images to accuracy (fraction).

    Returns:
        Infinity if no measured amount reaches it; the smallest measured amount if that one does.

    Raises:
        DataError: if there is no point.
    """
    points = sorted(curve.items())
    if not points:
        raise DataError("a learning curve without a point.", expected="amount: accuracy")
    if points[0][1] >= accuracy:
        return float(points[0][0])
    for (few, low), (many, high) in zip(points, points[1:]):
        if high >= accuracy:
            share = (accuracy - low) / (high - low)
            return few * (many / few) ** share
    return math.inf


def worth(better: Mapping[int, float], plain: Mapping[int, float], n: int) -> float:
    """How many times as many labels the ``plain`` curve needs for what ``better`` reaches with ``n``."""
    return labels_needed(plain, better[n]) / n


def describe_worth(better: Mapping[int, float], plain: Mapping[int, float], n: int) -> str:
    """The same as a sentence that says what the curves do not tell."""
    reached, factor = f"{better[n]:.1%} with {n:,} images", worth(better, plain, n)
    if math.isinf(factor):
        return f"{reached}; the other start does not get there with up to {max(plain):,} images"
    if plain[min(plain)] >= better[n]:
        return f"{reached}; the other start needs {min(plain):,} or fewer"
    return f"{reached}; the other start needs about {n * factor:,.0f}, {factor:.1f} times as many"
