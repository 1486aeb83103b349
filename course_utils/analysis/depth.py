"""Networks of several depths: how gradients grow with it, and what each fits at its best rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from course_utils.analysis.arms import Arm, at_best_rate
from course_utils.analysis.residual import geometric_range
from course_utils.tables import percent, two_digits
from course_utils.training.history import History


@dataclass(frozen=True)
class Fits:
    """What one kind of network fitted.

    Attributes:
        rate: the learning rate that was chosen.
        grid: for each rate that was tried the training error (a fraction) of the first seed's network.
        scores, models, histories: an entry for each seed, at the chosen rate; a score is the trained
            network's accuracy on its training images.
    """

    name: str
    rate: float
    grid: Mapping[float, float]
    scores: tuple[float, ...]
    models: tuple[nn.Module, ...]
    histories: tuple[History, ...]

    @property
    def errors(self) -> list[list[float]]:
        """Training errors by epoch (fractions), a list for each seed.

        Counted while the network trains: in training mode, and batch by batch as the weights move.
        """
        return [[1 - epoch.train_accuracy for epoch in history.records] for history in self.histories]

    @property
    def arm(self) -> Arm:
        """Training accuracies of the trained networks."""
        return Arm(self.name, self.scores, self.histories[0].n_train, self.rate)

    def to_dict(self) -> dict:
        """For a record: the arm, and the grid by the rate's text."""
        return {
            **self.arm.to_dict(),
            "grid": {f"{rate:g}": error for rate, error in sorted(self.grid.items())},
        }


def fit_at_best_rate(
    name: str,
    train: Callable[[int, float], tuple[nn.Module, History]],
    rates: Iterable[float],
    seeds: Sequence[int],
    score: Callable[[nn.Module], float],
) -> Fits:
    """Try each rate on the first seed, and train the other seeds at the one with the least training error.

    Chosen on training images, because the question is what a network *can fit*: no other image has a part.

    Args:
        train: one run, of a seed and a learning rate; returns the model and its history.
        score: a trained network's accuracy on its training images, a fraction.
    """
    accuracy, rate, runs = at_best_rate(name, train, rates, seeds, lambda run: score(run[0]), as_error=True)
    models, histories = zip(*runs)
    scores = (accuracy[rate], *map(score, models[1:]))
    return Fits(name, rate, {rate: 1 - value for rate, value in accuracy.items()}, scores, models, histories)


def error_rows(arms: Iterable[Arm]) -> list[dict[str, str]]:
    """A row for each stack: its training error, the range of its seeds, its rate."""
    return [
        {
            "stack": arm.name,
            "training error": percent(1 - arm.mean),
            "lowest to highest": f"{100 * (1 - arm.high):.1f} to {100 * (1 - arm.low):.1f}",
            "seeds": str(len(arm.scores)),
            "rate": f"{arm.lr:g}",
        }
        for arm in arms
    ]


def growth_rows(ratios: Mapping[str, Mapping[str, Sequence[float]]]) -> list[dict[str, str]]:
    """A row for each stack: the geometric mean over seeds at each depth, and its 95 % confidence interval.

    Args:
        ratios: for each stack and depth the gradient norm of the first layer over that of the last, by seed.
    """
    rows = []
    for stack, by_depth in ratios.items():
        spans = {depth: map(two_digits, geometric_range(runs)) for depth, runs in by_depth.items()}
        cells = {f"{depth} layers": "{} ({} to {})".format(*span) for depth, span in spans.items()}
        rows.append({"stack": stack, **cells})
    return rows
