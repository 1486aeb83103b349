"""Networks of several depths: how gradients grow with it, and what each fits at its best rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from course_utils.analysis.arms import Arm, at_best_rate
from course_utils.analysis.residual import geometric_range
from course_utils.tables import two_digits
from course_utils.training.history import History


@dataclass(frozen=True)
class Fits:
    """What one kind of network fitted.

    Attributes:
        rate: the learning rate that was chosen.
        grid: for each rate that was tried the training error (a fraction) of the first seed's last epoch.
        models, histories: an entry for each seed, at the chosen rate.
    """

    name: str
    rate: float
    grid: Mapping[float, float]
    models: tuple[nn.Module, ...]
    histories: tuple[History, ...]

    @property
    def errors(self) -> list[list[float]]:
        """Training errors by epoch (fractions), a list for each seed."""
        return [[1 - epoch.train_accuracy for epoch in history.records] for history in self.histories]

    @property
    def arm(self) -> Arm:
        """Training accuracies of the last epoch."""
        scores = tuple(history.records[-1].train_accuracy for history in self.histories)
        return Arm(self.name, scores, self.histories[0].n_train, self.rate)

    def to_dict(self) -> dict:
        """For a record: the arm, and the grid by the rate's text."""
        return {
            **self.arm.to_dict(),
            "grid": {f"{rate:g}": error for rate, error in sorted(self.grid.items())},
        }


def fit_at_best_rate(
    name: str,
    train: Callable[[float, int], tuple[nn.Module, History]],
    rates: Iterable[float],
    seeds: Sequence[int],
) -> Fits:
    """Try each rate on the first seed, and train the other seeds at the one with the least training error.

    Chosen on training images, because the question is what a network *can fit*: no other image has a part.

    Args:
        train: called with a rate and a seed.
    """
    accuracy, rate, runs = at_best_rate(
        name,
        lambda seed, rate: train(rate, seed),
        rates,
        seeds,
        lambda run: run[1].records[-1].train_accuracy,
    )
    models, histories = zip(*runs)
    return Fits(name, rate, {rate: 1 - value for rate, value in accuracy.items()}, models, histories)


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
