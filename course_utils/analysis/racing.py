"""A fair race: each start chooses its rate from one grid on the first seed; other seeds train at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from course_utils.analysis.arms import Arm, choose_rate
from course_utils.training.history import History

Run = tuple[nn.Module, History]


def race(
    starts: Mapping[str, Any],
    train: Callable[[Any, float, int], Run],
    rates: Sequence[float],
    seeds: Sequence[int],
) -> tuple[dict[str, list[Run]], dict[str, float]]:
    """Train every start with every seed, and print the grid of each.

    Args:
        starts: what an arm begins with, by the arm's name.
        train: called with a start, a learning rate and a seed; gives the model and its history.
        rates: the grid, the same for all; the best validation accuracy with the first seed decides.

    Returns:
        For each arm its runs, a seed each, and the rate that it chose.
    """
    first, *others = seeds
    runs, chosen = {}, {}
    for name, start in starts.items():
        tried = {rate: train(start, rate, first) for rate in rates}
        rate = choose_rate({rate: history.best_val_accuracy for rate, (_, history) in tried.items()}, name)
        runs[name] = [tried[rate], *(train(start, rate, seed) for seed in others)]
        chosen[name] = rate
    return runs, chosen


def measured_arms(
    runs: Mapping[str, Sequence[Run]],
    rates: Mapping[str, float],
    measure: Callable[[nn.Module], float],
    n_images: int,
) -> list[Arm]:
    """An arm for each start: what ``measure`` says of the model of every seed.

    Args:
        measure: accuracy (a fraction) of a model on ``n_images`` images that nothing was chosen on.
    """
    arms = []
    for name, pairs in runs.items():
        seconds = round(sum(history.seconds for _, history in pairs), 1)
        arms.append(Arm(name, tuple(measure(model) for model, _ in pairs), n_images, rates[name], seconds))
    return arms
