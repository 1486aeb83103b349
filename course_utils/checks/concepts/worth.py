"""Check of exercise label_worth: labels that a curve needs, and how many a better start is worth."""

from __future__ import annotations

import math
from collections.abc import Callable

from course_utils.analysis import arms as library
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong

Curve = dict[int, float]
RISING = {10: 0.20, 100: 0.40, 1000: 0.50, 8000: 0.60}
UNSORTED = {1000: 0.50, 10: 0.20, 8000: 0.60, 100: 0.40}
WAVY = {10: 0.20, 100: 0.40, 1000: 0.35, 8000: 0.60}
BETTER = {10: 0.45, 100: 0.53, 1000: 0.62}


def _crossing(curve: Curve, accuracy: float, between: Callable) -> float:
    points = sorted(curve.items())
    if points[0][1] >= accuracy:
        return float(points[0][0])
    for (n, low), (m, high) in zip(points, points[1:]):
        if high >= accuracy:
            return between(n, m, (accuracy - low) / (high - low))
    return math.inf


def _needed(curve: Curve, accuracy: float) -> float:
    return _crossing(curve, accuracy, lambda n, m, share: n * (m / n) ** share)


def _nearest(curve: Curve, accuracy: float) -> float:
    return min(curve, key=lambda n: abs(curve[n] - accuracy))


def _line(n: int, m: int, low: float, high: float, accuracy: float) -> float:
    return n * (m / n) ** ((accuracy - low) / (high - low))


def _extrapolated(curve: Curve, accuracy: float) -> float:
    """On the straight line through the two points at the end that is nearer."""
    points = sorted(curve.items())
    (n, low), (m, high) = points[:2] if points[0][1] >= accuracy else points[-2:]
    return _line(n, m, low, high, accuracy)


def _last_crossing(curve: Curve, accuracy: float) -> float:
    points = sorted(curve.items())
    rising = [
        _line(n, m, low, high, accuracy)
        for (n, low), (m, high) in zip(points, points[1:])
        if low < accuracy <= high
    ]
    return rising[-1]


def _strictly_over(curve: Curve, accuracy: float) -> float:
    return _needed(curve, math.nextafter(accuracy, 1))


def _as_listed(curve: Curve, accuracy: float) -> float:
    """Interpolated in the order of the mapping."""
    points = list(curve.items())
    if points[0][1] >= accuracy:
        return float(points[0][0])
    for (n, low), (m, high) in zip(points, points[1:]):
        if high >= accuracy:
            return _line(n, m, low, high, accuracy)
    return math.inf


NEEDED_MISTAKES = (
    Mistake(
        lambda curve, accuracy: _crossing(curve, accuracy, lambda n, m, share: n + share * (m - n)),
        "the line is drawn over the number of images, not over its logarithm",
        "interpolate log(n), and take exp of the result",
    ),
    Mistake(
        lambda curve, accuracy: math.log(_needed(curve, accuracy)),
        "this is the logarithm of the number",
        "take math.exp of it at the end",
    ),
    Mistake(
        lambda curve, accuracy: _crossing(curve, accuracy, lambda n, m, share: m),
        "this is the next measured amount",
        "interpolate between the two neighbours",
    ),
    Mistake(
        _nearest,
        "this is the measured amount whose accuracy is nearest",
        "interpolate between the two neighbours; where it is never reached, return math.inf",
    ),
    Mistake(
        _last_crossing,
        "this is where the curve reaches it for the last time",
        "go through the amounts from small to large, and stop at the first crossing",
    ),
    Mistake(
        _extrapolated,
        "the line is drawn on beyond what was measured",
        "nobody has looked there: math.inf above the last point, the smallest amount below the first",
    ),
    Mistake(
        _as_listed,
        "neighbours are taken in the order of the mapping",
        "sort the points by amount first",
    ),
    Mistake(
        _strictly_over,
        "a point that reaches the accuracy exactly is passed over",
        "to reach is to be at it or over it: >=",
    ),
    Mistake(
        lambda curve, accuracy: 0.0,
        "zero images are not what was measured",
        "where the smallest amount already reaches it, return that amount",
    ),
)
WORTH_MISTAKES = (
    Mistake(
        lambda better, plain, n: _needed(plain, better[n]),
        "this is the number of labels, not how many times as many",
        "divide by n",
    ),
    Mistake(
        lambda better, plain, n: _needed(plain, better[n]) - n,
        "this is a difference",
        "divide by n",
    ),
    Mistake(
        lambda better, plain, n: n / _needed(plain, better[n]),
        "the ratio is upside down",
        "labels of the plain start, divided by n",
    ),
    Mistake(
        lambda better, plain, n: better[n] / plain[n],
        "this is a ratio of accuracies",
        "ask how many labels the plain curve needs for better[n]",
    ),
    Mistake(
        lambda better, plain, n: _needed(better, plain[n]) / n,
        "the two curves are swapped",
        "labels_needed(plain, better[n])",
    ),
)
OTHERWISE = ("this is another number", "draw the curve on paper, with a log axis")
PLAIN_FLOAT = "return a plain float"


def interpolates(labels_needed, _):
    """labels_needed: between two points, on a log scale."""
    return _expect_needed(labels_needed, RISING, 0.45)


def meets_a_point(labels_needed, _):
    """labels_needed: at a measured point, that amount."""
    for accuracy in (0.50, 0.60):
        _expect_needed(labels_needed, RISING, accuracy)


def says_never(labels_needed, _):
    """labels_needed: never reached gives infinity."""
    _expect_needed(labels_needed, RISING, 0.70)


def says_at_most(labels_needed, _):
    """labels_needed: reached at once, the smallest amount."""
    _expect_needed(labels_needed, RISING, 0.15)


def sorts(labels_needed, _):
    """labels_needed: amounts in any order."""
    _expect_needed(labels_needed, UNSORTED, 0.30)


def takes_the_first(labels_needed, _):
    """labels_needed: the first crossing of a wavy curve."""
    _expect_needed(labels_needed, WAVY, 0.36)


@needs(interpolates)
def gives_the_factor(_, label_worth):
    """label_worth: how many times as many labels."""
    return _expect_worth(label_worth, BETTER, RISING, 10)


@needs(says_never)
def says_never_again(_, label_worth):
    """label_worth: infinity where scratch never gets there."""
    _expect_worth(label_worth, BETTER, RISING, 1000)


@needs(interpolates)
def may_be_below_one(_, label_worth):
    """label_worth: below 1 where the plain start is ahead."""
    _expect_worth(label_worth, RISING, BETTER, 1000)


CASES = (
    interpolates,
    meets_a_point,
    says_never,
    says_at_most,
    sorts,
    takes_the_first,
    gives_the_factor,
    says_never_again,
    may_be_below_one,
)


def label_worth(labels_needed, label_worth) -> None:
    """Check the exercise on what a better start is worth in labels."""
    own = (library.labels_needed, library.worth, library.describe_worth)
    run("labels_needed and label_worth", CASES, labels_needed, label_worth, library=own)


def _expect_needed(labels_needed, curve: Curve, accuracy: float) -> str:
    got, expected = labels_needed(dict(curve), accuracy), _needed(curve, accuracy)
    return _expect(got, expected, NEEDED_MISTAKES, lambda wrong: wrong(curve, accuracy))


def _expect_worth(label_worth, better: Curve, plain: Curve, n: int) -> str:
    got, expected = label_worth(dict(better), dict(plain), n), _needed(plain, better[n]) / n
    return _expect(got, expected, WORTH_MISTAKES, lambda wrong: wrong(better, plain, n))


def _expect(got: object, expected: float, mistakes: tuple[Mistake, ...], observe: Callable) -> str:
    if type(got) is float and math.isclose(got, expected, rel_tol=1e-6):
        return brief(expected)
    otherwise = OTHERWISE if type(got) is float else of_wrong_type(got, PLAIN_FLOAT)
    likely = recognise(got, expected, mistakes, observe, otherwise)
    raise Wrong(brief(expected), brief(got), *likely)
