"""Fair comparisons: arms with equal rate grids and several seeds, a verdict, a start's worth in labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TypeVar

from course_utils.errors import DataError
from course_utils.tables import count, percent

Run = TypeVar("Run")  # whatever a training run returns


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    Attributes:
        name: how tables and figures call it.
        scores: accuracy (fraction) of each seed, all measured on the same images.
        n_images: how many images the scores were measured on.
        lr: the learning rate that was chosen on validation; 0 where there is none.
        seconds: training time of all seeds together.
        folds: how many parts the images were cut into, each score being that of one part; 1 where
            each score is of all of them.
    """

    name: str
    scores: tuple[float, ...]
    n_images: int
    lr: float = 0.0
    seconds: float = 0.0
    folds: int = 1

    @property
    def mean(self) -> float:
        return sum(self.scores) / len(self.scores)

    @property
    def low(self) -> float:
        return min(self.scores)

    @property
    def high(self) -> float:
        return max(self.scores)

    def points_over(self, other: Arm) -> list[float]:
        """By how many points of accuracy this arm is ahead of the other, seed by seed."""
        return [100 * (a - b) for a, b in zip(self.scores, other.scores)]

    @property
    def range_text(self) -> str:
        """From the lowest to the highest seed, in per cent, for a table."""
        return f"{100 * self.low:.1f} to {100 * self.high:.1f}" if len(self.scores) > 1 else "one run"

    def __str__(self) -> str:
        spread = f"{self.low:.1%} to {self.high:.1%}"
        return f"{self.name}: {self.mean:.1%} ({_runs(self)}: {spread}; {self.n_images:,} images)"

    def to_dict(self) -> dict:
        return {**asdict(self), "scores": list(self.scores)}

    @staticmethod
    def from_dict(saved: dict) -> Arm:
        """The arm of a record, which may say more of it."""
        own = {field.name: saved[field.name] for field in fields(Arm) if field.name in saved}
        return Arm(**{**own, "scores": tuple(saved["scores"])})


def choose_rate(val_accuracy: Mapping[float, float], name: str, as_error: bool = False) -> float:
    """Print a grid of learning rates and return the best one by validation accuracy.

    Arms that are compared deserve grids of equal size.

    Args:
        val_accuracy: for each rate the validation accuracy (fraction) that it led to.
        as_error: print what each lacks to 1.
    """
    best = max(val_accuracy, key=val_accuracy.__getitem__)
    shown = {rate: 1 - value if as_error else value for rate, value in val_accuracy.items()}
    row = "   ".join(f"{rate:g}: {value:.1%}" for rate, value in shown.items())
    edge = "  (at the edge of the grid)" if is_at_edge(val_accuracy) else ""
    print(f"{name:<14} {row}   -> {best:g}{edge}")
    return best


def is_at_edge(grid: Mapping[float, float]) -> bool:
    """Whether the best value of a grid is its smallest or largest, so that a better one may lie outside."""
    return len(grid) > 1 and max(grid, key=grid.__getitem__) in (min(grid), max(grid))


def at_best_rate(
    name: str,
    train: Callable[[int, float], Run],
    rates: Iterable[float],
    seeds: Iterable[int],
    score: Callable[[Run], float],
    as_error: bool = False,
) -> tuple[dict[float, float], float, list[Run]]:
    """Try each rate on the first seed, and train the other seeds at the best one.

    Args:
        train: one run, of a seed and a learning rate.
        score: of a run, a fraction; the highest decides.
        as_error: print what each lacks to 1.

    Returns:
        The scores by rate, the best rate, and a run for each seed at that rate.
    """
    first, *others = seeds
    tried = {rate: train(first, rate) for rate in rates}
    grid = {rate: score(run) for rate, run in tried.items()}
    rate = choose_rate(grid, name, as_error)
    return grid, rate, [tried[rate], *(train(seed, rate) for seed in others)]


def is_decided(a: Arm, b: Arm) -> bool:
    """Whether the difference is more than seeds and number of images explain.

    Both arms need at least two seeds. Then two conditions, both needed: the ranges of the seeds do not
    overlap, and the difference of the means is over two standard errors of what drawing that many test
    images alone would give (binomial, the two arms taken as independent, which errs on the careful side).
    Folds differ by their images, not by luck alone: there the second condition decides.
    """
    if min(len(a.scores), len(b.scores)) < 2:
        return False
    overlap = a.low <= b.high and b.low <= a.high and min(a.folds, b.folds) == 1
    return not overlap and exceeds_images(a, b)


def exceeds_images(a: Arm, b: Arm) -> bool:
    """Whether the means are over two standard errors of drawing the test images apart."""
    return abs(a.mean - b.mean) > two_errors(a, b)


def two_errors(a: Arm, b: Arm) -> float:
    """Two standard errors of the lead of one arm over another, by their test images alone (a fraction).

    Binomial: the variance of an accuracy p on n images is p (1 - p) / n.
    """
    return 2 * math.sqrt(sum(arm.mean * (1 - arm.mean) / arm.n_images for arm in (a, b)))


def verdict(a: Arm, b: Arm) -> str:
    """One sentence: which arm is ahead and by how much, or that it is undecided at this budget.

    The difference is that of the numbers as they are printed, so that a reader can subtract.
    """
    ahead, behind = (a, b) if a.mean >= b.mean else (b, a)
    measured = " against ".join(dict.fromkeys(map(_measured, (ahead, behind))))
    numbers = f"{ahead.mean:.1%} against {behind.mean:.1%}, {measured}"
    if not is_decided(a, b):
        return f"{ahead.name} or {behind.name}: undecided at this budget ({numbers})"
    points = round(100 * ahead.mean, 1) - round(100 * behind.mean, 1)
    return f"{ahead.name} is {points:.1f} points ahead of {behind.name} ({numbers})"


def compared(a: Arm, b: Arm) -> str:
    """The same for a table: ``53.0 % against 29.7 %, decided``."""
    known = "decided" if is_decided(a, b) else "undecided"
    return f"{percent(a.mean)} against {percent(b.mean)}, {known}"


def _measured(arm: Arm) -> str:
    return f"{_runs(arm)}, {count(arm.n_images, 'image')}"


def _runs(arm: Arm) -> str:
    kind = "seed" if arm.folds == 1 else "fold"
    return count(len(arm.scores), kind)


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
    """How many times as many labels the ``plain`` curve needs for what ``better`` reaches with ``n``.

    Raises:
        DataError: if ``better`` was not measured with ``n``, or ``plain`` has no point.
    """
    if n not in better:
        raise DataError(
            "the better curve was not measured there.",
            expected="one of these amounts: " + (", ".join(map(str, better)) or "none"),
            found=count(n, "image"),
        )
    return labels_needed(plain, better[n]) / n


def describe_worth(better: Mapping[int, float], plain: Mapping[int, float], n: int) -> str:
    """The same as a sentence that says what the curves do not tell."""
    factor = worth(better, plain, n)
    reached = f"{better[n]:.1%} with {n:,} images"
    if math.isinf(factor):
        return f"{reached}; the other start does not get there with up to {max(plain):,} images"
    if plain[min(plain)] >= better[n]:
        return f"{reached}; the other start needs {min(plain):,} or fewer"
    return f"{reached}; the other start needs about {n * factor:,.0f}, {factor:.1f} times as many"
