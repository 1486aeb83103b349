"""Starts compared: each chooses its rate on the first seed; what is frozen chooses on validation, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from course_utils.analysis.arms import Arm, at_best_rate, exceeds_images
from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.tables import percent
from course_utils.training.evaluation import accuracy, evaluate
from course_utils.training.history import History
from course_utils.training.probes import extract_features, fit_probe, neighbour_votes

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0)  # of a probe's weights
NEIGHBOURS = (1, 5, 20)


@dataclass(frozen=True)
class Race:
    """What one start gave.

    Attributes:
        grid: best validation accuracy by learning rate, first seed.
        rate: the best of them.
        models, histories: of each seed at that rate.
    """

    name: str
    grid: Mapping[float, float]
    rate: float
    models: tuple[nn.Module, ...]
    histories: tuple[History, ...]

    @property
    def curves(self) -> list[list[float]]:
        """Validation accuracy by epoch, a list for each seed."""
        return [[e.val_accuracy for e in history.records] for history in self.histories]

    @property
    def best_model(self) -> nn.Module:
        """Of the seeds' models the one that reached the best validation accuracy."""
        found = max(zip(self.models, self.histories), key=lambda pair: pair[1].best_val_accuracy)
        return found[0]

    def arm(self, test: ImageSet, preprocess: Preprocess) -> Arm:
        """Test accuracy of each seed."""
        scores = tuple(evaluate(model, test, preprocess).top1 for model in self.models)
        seconds = round(sum(history.seconds for history in self.histories), 1)
        return Arm(self.name, scores, len(test), self.rate, seconds)


def race(
    name: str,
    train: Callable[[int, float], tuple[nn.Module, History]],
    rates: Iterable[float],
    seeds: Iterable[int],
) -> Race:
    """Choose a rate on the first seed by validation, then train the other seeds at it.

    Args:
        train: one run, of a seed and a learning rate; returns the model and its history.
    """
    grid, rate, runs = at_best_rate(name, train, rates, seeds, lambda run: run[1].best_val_accuracy)
    models, histories = zip(*runs)
    return Race(name, grid, rate, models, histories)


def grid_rows(grids: Mapping[str, Mapping], n_images: int) -> list[dict[str, str]]:
    """The grids of several starts as rows; an arrow marks what is clearly below the best of its row.

    Clearly: by more than two standard errors of what drawing ``n_images`` images alone gives.
    """
    rows = []
    for name, grid in grids.items():
        best = max(grid.values())
        cells = {f"rate {float(rate):g}": _marked(got, best, n_images) for rate, got in grid.items()}
        rows.append({"start": name, **cells})
    return rows


def _marked(got: float, best: float, n_images: int) -> str:
    tried, winner = (Arm("", (accuracy,), n_images) for accuracy in (got, best))
    return ("↓ " if exceeds_images(tried, winner) else "") + percent(got)


class FrozenStart:
    """Classifiers of a frozen backbone's features; each is chosen on validation and then tested.

    Args:
        model: gives the features; see :func:`~course_utils.training.probes.extract_features`.
    """

    def __init__(self, model: nn.Module, preprocess: Preprocess, val: ImageSet, test: ImageSet):
        self.features: Callable[[ImageSet], Tensor] = partial(extract_features, model, preprocess=preprocess)
        self.val, self.test = val, test

    def probe(self, images: ImageSet) -> float:
        """Test accuracy of the linear probe whose penalty is best on validation."""
        known, classes = self.features(images), len(images.classes)
        return self._best([fit_probe(known, images.labels, classes, penalty) for penalty in PENALTIES])

    def neighbours(self, images: ImageSet) -> float:
        """Test accuracy of the k nearest neighbours; k is the best on validation."""
        vote = partial(neighbour_votes, self.features(images), images.labels, num_classes=len(images.classes))
        return self._best([partial(vote, k=k) for k in NEIGHBOURS if k <= len(images)])

    def _best(self, classifiers: Sequence[Callable[[Tensor], Tensor]]) -> float:
        val, test = self.features(self.val), self.features(self.test)
        best = max(classifiers, key=lambda classify: accuracy(classify(val), self.val.labels))
        return accuracy(best(test), self.test.labels)
