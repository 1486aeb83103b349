"""Check of exercise temperature: one number that makes the probabilities honest."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.analysis import calibration
from course_utils.checks.comparison.tiny import confident_logits
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import brief, of_wrong_type
from course_utils.checks.report import Wrong

TOO_SURE, NOT_SURE, FAR, NEAR_ZERO, ANOTHER = 5.0, 0.4, 44.0, 0.06, 9.0
TOLERANCE = 0.01  # of the temperature
HOTTEST = (
    "softmax was applied first: cross_entropy takes logits and does that itself",
    "F.cross_entropy(logits / t, labels)",
)
INVERSE = ("this is 1/T", "divide the logits by the temperature")
LOGARITHM = ("this is the logarithm of the temperature", "return its exp")
BALANCED = (
    "every class counts alike here, the rare ones as much as the frequent ones",
    "the mean over all images: F.cross_entropy(logits / t, labels), without weights",
)
IN_PLACE = ("the logits were changed in place", "write logits / t, not logits /= t")
CONSTANT = (
    "it is the same for every input: it is written down, or goes by what no temperature changes, as accuracy",
    "search for the smallest F.cross_entropy(logits / t, labels)",
)
LOSS = ("this is the lowest loss, not the temperature at which it is reached", "return the temperature")
OUTSIDE = (
    "it lies outside of 0.05 to 50: perhaps it is a position in a list of temperatures",
    "return the temperature that stands there",
)
AT_THE_END = (
    "it is an end of the range: the measure is another (accuracy is the same all over), or it was maximised",
    "print temperature and loss for a grid of temperatures",
)
NOT_POSITIVE = ("it is not positive: predictions would change", "fit log T, or search over positive numbers")
ONE = (
    "1 changes nothing: the search begins there, or has not moved",
    "minimise the cross-entropy over the temperature, on either side of 1",
)
SQUARED = ("another measure is minimised: the squared error", "F.cross_entropy(logits / t, labels)")
GAP = (
    "another measure is minimised: the distance of mean confidence and accuracy",
    "F.cross_entropy(logits / t, labels)",
)
SMOOTHED = ("the labels are smoothed", "F.cross_entropy(logits / t, labels), without label_smoothing")
MEASURES = (SQUARED, GAP, SMOOTHED)
HALF = ("only half of the images are used", "take all of them: nothing else is fitted here")
CLOSE = (
    "it is close, but not to 1 %: the grid is too coarse, or the search stops early",
    "search on around the best temperature, in smaller steps",
)
BETWEEN = (
    "it lies between 1 and the best one: the search ends too early, or another measure is made smallest",
    "search for the smallest F.cross_entropy(logits / t, labels), from 0.05 to 50, on a logarithmic scale",
)
END_OF_SEARCH = (
    "the search ends there: the best temperature lies beyond",
    "search from 0.05 to 50, on a logarithmic scale",
)
BETTER = (
    "it is better than 1: the search is too coarse or narrow, or another measure is made smallest",
    "search on, finer and wider",
)
WORSE = (
    "it is worse than changing nothing: something else than the mean cross-entropy is made smallest",
    "print temperature and loss for a grid of temperatures",
)


def cools_the_too_sure(find_temperature):
    """a network that is too sure: over 1."""
    logits, labels = confident_logits(TOO_SURE, n=1800)
    logits[1000:] *= 2
    _expect(find_temperature, logits, labels)
    return _expect(find_temperature, *confident_logits(TOO_SURE))


def heats_the_unsure(find_temperature):
    """a network that is not sure enough: under 1."""
    return _expect(find_temperature, *confident_logits(NOT_SURE))


@needs(cools_the_too_sure)
def goes_far(find_temperature):
    """a network that is very much too sure."""
    return _expect(find_temperature, *confident_logits(FAR))


@needs(heats_the_unsure)
def goes_near_zero(find_temperature):
    """a network that is hardly sure of anything."""
    return _expect(find_temperature, *confident_logits(NEAR_ZERO))


@needs(cools_the_too_sure)
def counts_images(find_temperature):
    """every image counts alike, classes of any size."""
    logits, labels = confident_logits(TOO_SURE, tilt=1.0)
    got, best = find_temperature(logits.clone(), labels.clone()), calibration.fit_temperature(logits, labels)
    if not _near(got, best, TOLERANCE) and _near(got, _lowest(_balanced, logits, labels), TOLERANCE):
        raise Wrong(brief(round(best, 2)), brief(got), *BALANCED)
    return _expect(find_temperature, logits, labels)


def leaves_the_logits(find_temperature):
    """the logits stay as they are."""
    logits, labels = confident_logits(TOO_SURE)
    before = logits.clone()
    find_temperature(logits, labels)
    if not torch.equal(logits, before):
        raise Wrong("the same logits", "others", *IN_PLACE)
    if logits.requires_grad:
        likely, remedy = "requires_grad was set on the logits", "only the temperature is fitted"
        raise Wrong("logits without a gradient", "requires_grad is True", likely, remedy)


CASES = (cools_the_too_sure, heats_the_unsure, goes_far, goes_near_zero, counts_images, leaves_the_logits)


def temperature(find_temperature) -> None:
    """Check the exercise on temperature scaling."""
    run("find_temperature", CASES, find_temperature, library=(calibration.fit_temperature,))


def _expect(find_temperature, logits: Tensor, labels: Tensor) -> str:
    best = calibration.fit_temperature(logits, labels)
    given = logits.clone()
    got = find_temperature(given, labels.clone())
    if type(got) is not float:
        remedy = "return a float: .item()"
        raise Wrong(brief(best), brief(got), *of_wrong_type(got, remedy))
    if _near(got, best, TOLERANCE):
        return brief(round(best, 2))
    changed = not torch.equal(given, logits)
    why = IN_PLACE if changed else _likely(find_temperature, got, best, logits, labels)
    raise Wrong(brief(round(best, 2)), brief(got), *why)


def _others(logits: Tensor, labels: Tensor) -> dict[tuple[str, str], Callable[[], float]]:
    """What known mistakes give, by their likely cause and remedy."""
    half = len(labels) // 2
    return {
        HOTTEST: lambda: calibration.fit_temperature(logits.softmax(dim=1), labels),
        INVERSE: lambda: 1 / calibration.fit_temperature(logits, labels),
        SQUARED: lambda: _lowest(_squared_error, logits, labels),
        GAP: lambda: _lowest(_gap, logits, labels),
        SMOOTHED: lambda: _lowest(_smoothed, logits, labels),
        HALF: lambda: calibration.fit_temperature(logits[:half], labels[:half]),
    }


def _likely(
    find_temperature: Callable, got: float, best: float, logits: Tensor, labels: Tensor
) -> tuple[str, str]:
    if abs(got - math.log(best)) < TOLERANCE:
        return LOGARITHM
    if not got > 0:
        return NOT_POSITIVE
    if got != 1 and _near(got, float(F.cross_entropy(logits / best, labels)), 1e-3):
        return LOSS
    if _near(got, 1, 2 * TOLERANCE):
        return ONE
    if _near(got, 0.05, TOLERANCE) or _near(got, 50, TOLERANCE):
        return AT_THE_END
    elsewhere = [confident_logits(ANOTHER, seed=3), confident_logits(1 / ANOTHER)]
    there = [find_temperature(*(vector.clone() for vector in pair)) for pair in elsewhere]
    if there == [got, got]:
        return CONSTANT
    distances = {why: abs(got / temperature() - 1) for why, temperature in _others(logits, labels).items()}
    nearest = min(distances, key=distances.__getitem__)
    if distances[nearest] <= 2 * TOLERANCE:
        asked = elsewhere if nearest in MEASURES else elsewhere[:1]  # a coarse grid may look like a measure
        expected = [_others(*pair)[nearest]() for pair in asked]
        if all(_near(a, b, 2 * TOLERANCE) for a, b in zip(there, expected)):
            return nearest
    why = _by_its_place(got, best, logits, labels)
    further = logits * (3 if best > 1 else 1 / 3)
    if why is BETWEEN and _near(find_temperature(further, labels.clone()), got, 1e-3):
        return END_OF_SEARCH
    return why


def _by_its_place(got: float, best: float, logits: Tensor, labels: Tensor) -> tuple[str, str]:
    if not 0.04 < got < 51:
        return OUTSIDE
    if _near(got, best, 0.05):
        return CLOSE
    if abs(math.log(got)) < abs(math.log(best)) and (got > 1) == (best > 1):
        return BETWEEN
    if F.cross_entropy(logits / got, labels) < F.cross_entropy(logits, labels):
        return BETTER
    return WORSE


def _lowest(measure: Callable, logits: Tensor, labels: Tensor) -> float:
    """The temperature at which a measure of probabilities and labels is lowest, to 0.2 %.

    Each measure has one lowest point: a second grid looks between the neighbours of the first one's best.
    """
    grid = torch.logspace(math.log10(0.05), math.log10(50), 100)
    for _ in range(2):
        best = min(grid.tolist(), key=lambda t: float(measure((logits / t).softmax(dim=1), labels)))
        step = math.log10(grid[1] / grid[0])
        grid = torch.logspace(math.log10(best) - step, math.log10(best) + step, 100)
    return best


def _squared_error(probabilities: Tensor, labels: Tensor) -> Tensor:
    return (probabilities - F.one_hot(labels, probabilities.shape[1])).square().sum(dim=1).mean()


def _smoothed(probabilities: Tensor, labels: Tensor) -> Tensor:
    return F.nll_loss(0.9 * probabilities.log(), labels) - 0.1 * probabilities.log().mean()


def _balanced(probabilities: Tensor, labels: Tensor) -> Tensor:
    return F.nll_loss(probabilities.log(), labels, weight=1 / labels.bincount())


def _gap(probabilities: Tensor, labels: Tensor) -> Tensor:
    confidence, guess = probabilities.max(dim=1)
    return (confidence.mean() - (guess == labels).float().mean()).abs()


def _near(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance * abs(b)
