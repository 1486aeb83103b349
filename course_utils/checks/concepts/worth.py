"""Check of exercise label_worth: labels that a curve needs, and how many a better start is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from course_utils.analysis import arms as library
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect

Curve = dict[int, float]
SHORT = {10: 0.20, 100: 0.40}
RISING = {10: 0.20, 100: 0.40, 1000: 0.50, 8000: 0.60}
UNSORTED = {1000: 0.50, 10: 0.20, 8000: 0.60, 100: 0.40}
WAVY = {10: 0.20, 100: 0.40, 1000: 0.35, 8000: 0.60}
SPARSE = {20: 0.20, 8000: 0.60}
PEAK = {10: 0.20, 100: 0.50, 1000: 0.40}
DIP = {10: 0.30, 100: 0.20, 1000: 0.60}
FLAT = {10: 0.20, 100: 0.40, 1000: 0.40, 8000: 0.60}
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


def _without_first_look(curve: Curve, accuracy: float) -> float:
    points = sorted(curve.items())
    for (n, low), (m, high) in zip(points, points[1:]):
        if high >= accuracy:
            return _line(n, m, low, high, accuracy)
    return math.inf


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


def _of_running_maximum(curve: Curve, accuracy: float) -> float:
    best, envelope = 0.0, {}
    for n, height in sorted(curve.items()):
        best = max(best, height)
        envelope[n] = best
    return _needed(envelope, accuracy)


def _by_last_point(curve: Curve, accuracy: float) -> float:
    return math.inf if curve[max(curve)] < accuracy else _needed(curve, accuracy)


def _by_lowest_value(curve: Curve, accuracy: float) -> float:
    """The smallest amount only where the whole curve lies above; else the first rise past it."""
    points = sorted(curve.items())
    if min(curve.values()) >= accuracy:
        return float(points[0][0])
    for (n, low), (m, high) in zip(points, points[1:]):
        if low < accuracy <= high:
            return _line(n, m, low, high, accuracy)
    return math.inf


NEEDED_MISTAKES = (
    Mistake(
        lambda curve, accuracy: _as_listed(dict(sorted(curve.items(), key=lambda point: point[1])), accuracy),
        "the points are sorted by accuracy, not by amount",
        "neighbours are those of n: sorted(curve.items())",
    ),
    Mistake(
        lambda curve, accuracy: _crossing(
            curve, accuracy, lambda n, m, share: math.exp(math.log10(n) + share * math.log10(m / n))
        ),
        "log10 was taken, and exp of the result: they do not undo one another",
        "math.log and math.exp, or math.log10 and 10**",
    ),
    Mistake(
        lambda curve, accuracy: _needed({n: math.log(h) for n, h in curve.items()}, math.log(accuracy)),
        "the accuracy is put on a log scale, too",
        "only n is: the share of the way is (accuracy - low) / (high - low)",
    ),
    Mistake(
        lambda curve, accuracy: _crossing(
            curve, accuracy, lambda n, m, share: m if share == 1 else (n * m) ** 0.5
        ),
        "this is the middle between two amounts, wherever between them the accuracy lies",
        "go the share (accuracy - low) / (high - low) of the way, in log(n)",
    ),
    Mistake(
        lambda curve, accuracy: _crossing(curve, accuracy, lambda n, m, share: n + share * (m - n)),
        "the line is drawn over the number of images, not over its logarithm",
        "interpolate log(n), and take exp of the result",
    ),
    *(
        Mistake(
            lambda curve, accuracy, log=log: log(_needed(curve, accuracy)),
            "this is the logarithm of the number",
            "take math.exp of it at the end",
        )
        for log in (math.log, math.log10, math.log2)
    ),
    Mistake(
        lambda curve, accuracy: min(_needed(curve, accuracy), float(max(curve))),
        "the largest amount is returned where the accuracy is never reached",
        "return math.inf there",
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
        _without_first_look,
        "the smallest amount is not looked at by itself: the first line is drawn on to the left of it",
        "if its accuracy is enough already, return the smallest amount",
    ),
    Mistake(
        _as_listed,
        "neighbours are taken in the order of the mapping",
        "sort the points by amount first",
    ),
    Mistake(
        _by_last_point,
        "whether it is reached is asked of the last amount alone; the curve falls again before",
        "go through all amounts: max(curve.values()) says whether it is reached",
    ),
    Mistake(
        _by_lowest_value,
        "whether it is reached at once is asked of the lowest accuracy, not of the smallest amount",
        "look at curve[min(curve)]",
    ),
    Mistake(
        _of_running_maximum,
        "the line is drawn from the best accuracy so far, not from the neighbouring amount's",
        "interpolate between the two measured neighbours, also where the first of them is in a dip",
    ),
    *(
        Mistake(
            lambda curve, accuracy, digits=digits: float(round(_needed(curve, accuracy), digits)),
            "the number is rounded",
            "return it with all its digits",
        )
        for digits in (0, 1)
    ),
    Mistake(
        lambda curve, accuracy: _crossing(curve, accuracy, lambda n, m, share: float(n)),
        "this is the measured amount before the crossing",
        "interpolate between the two neighbours",
    ),
    Mistake(
        lambda curve, accuracy: _crossing(curve, accuracy, lambda n, m, share: n * (m / n) ** (1 - share)),
        "the way is gone from the wrong end",
        "the share is (accuracy - low) / (high - low)",
    ),
    Mistake(
        lambda curve, accuracy: math.nan if max(curve.values()) < accuracy else _needed(curve, accuracy),
        "this is not a number, where the accuracy is never reached",
        "return math.inf there",
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
        lambda better, plain, n: (
            _needed(plain, better[n]) / n if _needed(plain, better[n]) < max(plain) else math.inf
        ),
        "the largest amount of `plain` is taken for infinity, and here it reaches the accuracy",
        "to reach is to be there: trust labels_needed, which says math.inf itself",
    ),
    Mistake(
        lambda better, plain, n: _needed(plain, max(h for m, h in better.items() if m <= n)) / n,
        "the best accuracy up to n is taken, not the one at n",
        "look up better[n]",
    ),
    Mistake(
        lambda better, plain, n: math.log(_needed(plain, better[n])) / math.log(n),
        "two logarithms are divided",
        "divide the numbers themselves: labels_needed(...) / n",
    ),
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
        lambda better, plain, n: 100 * _needed(plain, better[n]) / n,
        "this is in per cent",
        "return a factor: 2.0 for twice as many",
    ),
    Mistake(
        lambda better, plain, n: max(1.0, _needed(plain, better[n]) / n),
        "a factor below 1 is raised to 1",
        "say so where the plain start is ahead",
    ),
    Mistake(
        lambda better, plain, n: _needed(plain, better[n]) / min(plain),
        "it is divided by the smallest amount",
        "divide by n",
    ),
    Mistake(
        lambda better, plain, n: _needed(plain, better[n]) / n if n in plain else math.inf,
        "the plain curve is asked for its own value at n; it need not have one",
        "look up better[n] alone",
    ),
    Mistake(
        lambda better, plain, n: _needed(plain, better[n]) / _needed(better, better[n]),
        "it is divided by the amount at which the better curve was there first, not by n",
        "divide by n",
    ),
    Mistake(
        lambda better, plain, n: round(_needed(plain, better[n]) / n, 1),
        "the factor is rounded",
        "return it with all its digits",
    ),
    Mistake(
        lambda better, plain, n: _needed(better, plain[n]) / n,
        "the two curves are swapped",
        "labels_needed(plain, better[n])",
    ),
)
BY_HAND = "draw this curve on paper, with a log axis"


def interpolates(labels_needed, _):
    """labels_needed: between two points, on a log scale."""
    return _expect_needed(labels_needed, (SHORT, 0.30), (RISING, 0.45), (FLAT, 0.50), (RISING, 0.503))


def meets_a_point(labels_needed, _):
    """labels_needed: at a measured point, that amount."""
    _expect_needed(labels_needed, (SHORT, 0.40), (FLAT, 0.40), (RISING, 0.50), (RISING, 0.60))


def says_never(labels_needed, _):
    """labels_needed: never reached gives infinity."""
    _expect_needed(labels_needed, (SHORT, 0.70), (PEAK, 0.60))


def says_at_most(labels_needed, _):
    """labels_needed: reached at once, the smallest amount."""
    _expect_needed(labels_needed, (SHORT, 0.15), (DIP, 0.25))


@needs(says_never, says_at_most)
def takes_one_point(labels_needed, _):
    """labels_needed: a curve of one amount."""
    _expect_needed(labels_needed, ({50: 0.30}, 0.25), ({50: 0.30}, 0.30), ({50: 0.30}, 0.35))


def sorts(labels_needed, _):
    """labels_needed: amounts in any order."""
    _expect_needed(labels_needed, (UNSORTED, 0.30))


def leaves_the_curve(labels_needed, _):
    """labels_needed: the curve stays as it is."""
    curve = dict(UNSORTED)
    labels_needed(curve, 0.30)
    if list(curve.items()) != list(UNSORTED.items()):
        likely = "points were taken out of the dict, put into it, or sorted: the caller has another curve now"
        raise Wrong(brief(list(UNSORTED)), brief(list(curve)), likely, "sorted(curve.items()) is a copy")


def takes_the_first(labels_needed, _):
    """labels_needed: the first crossing of a wavy curve."""
    _expect_needed(labels_needed, (PEAK, 0.45), (WAVY, 0.36), (WAVY, 0.50))


@needs(interpolates, says_never, says_at_most)
def gives_the_factor(_, label_worth):
    """label_worth: how many times as many labels."""
    return _expect_worth(
        label_worth, (BETTER, SHORT, 10), (FLAT, SPARSE, 1000), (BETTER, RISING, 10), (BETTER, SPARSE, 100)
    )


@needs(interpolates, says_never, says_at_most)
def says_never_again(_, label_worth):
    """label_worth: infinity where scratch never gets there."""
    _expect_worth(label_worth, (BETTER, RISING, 1000))


@needs(interpolates, says_never, says_at_most, takes_one_point)
def may_be_below_one(_, label_worth):
    """label_worth: below 1 where the plain start is ahead."""
    _expect_worth(label_worth, (RISING, BETTER, 1000), (PEAK, RISING, max(PEAK)), (FLAT, {50: 0.45}, 1000))


CASES = (
    interpolates,
    meets_a_point,
    says_never,
    says_at_most,
    takes_one_point,
    sorts,
    leaves_the_curve,
    takes_the_first,
    gives_the_factor,
    says_never_again,
    may_be_below_one,
)


def label_worth(labels_needed, label_worth) -> None:
    """Check the exercise on what a better start is worth in labels."""
    own = (library.labels_needed, library.worth, library.describe_worth)
    run("labels_needed and label_worth", CASES, labels_needed, label_worth, library=own)


def _expect_needed(labels_needed, *cases: tuple[Curve, float]) -> str:
    trials = [
        Trial(f"{curve}, accuracy {accuracy}", _call(curve, accuracy), _needed(curve, accuracy))
        for curve, accuracy in cases
    ]
    return _expect(labels_needed, trials, NEEDED_MISTAKES)


def _expect_worth(label_worth, *cases: tuple[Curve, Curve, int]) -> str:
    trials = [
        Trial(f"{better} and {plain}, n = {n}", _call(better, plain, n), _needed(plain, better[n]) / n)
        for better, plain, n in cases
    ]
    return _expect(label_worth, trials, WORTH_MISTAKES)


def _call(*inputs: object) -> Callable[[Callable], object]:
    """Calls an answer with copies of the curves."""
    return lambda answer: answer(*(dict(x) if isinstance(x, dict) else x for x in inputs))


def _expect(answer, trials: Sequence[Trial], mistakes: Sequence[Mistake]) -> str:
    expect(answer, trials, mistakes, BY_HAND, rtol=1e-6)
    return brief(trials[-1].expected)
