"""A fair comparison as an object: equal images, budget, grid and selection; a row for each contender."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor, nn

from course_utils.analysis.arms import Arm, at_best_rate
from course_utils.data.augment import Augment, Preprocess
from course_utils.data.images import Splits
from course_utils.errors import CourseError
from course_utils.models.cost import multiply_adds, training_mib
from course_utils.models.freezing import count_parameters
from course_utils.tables import count
from course_utils.training.evaluation import accuracy, predict, wilson_interval
from course_utils.training.fitting import fit
from course_utils.training.history import History
from course_utils.training.recipe import Phase, Recipe


@dataclass(frozen=True)
class Contender:
    """One side of the comparison.

    Attributes:
        build: makes the model of a seed.
        preprocess: of its own weights, with the input size that suits it.
        rates: the learning rates to choose from; as many for each contender.
    """

    name: str
    build: Callable[[int], nn.Module]
    preprocess: Preprocess
    rates: tuple[float, ...]

    def at(self, rate: float, name: str) -> Contender:
        """The same with a single rate, under another name."""
        return replace(self, rates=(rate,), name=name)


@dataclass(frozen=True)
class Result:
    """What a contender gave: an entry per seed, at the rate that validation chose.

    Attributes:
        arm: test accuracy of each seed.
        epochs: of each run.
        val_logits: float ``[N, C]`` of each seed on the validation images, ``test_logits`` likewise.
        images_seen: training images times epochs, of one run.
        macs: multiply-adds of one forward pass of one image.
        memory_mib: of one training step, see :func:`course_utils.models.cost.training_mib`.
    """

    arm: Arm
    epochs: int
    histories: tuple[History, ...]
    val_logits: tuple[Tensor, ...]
    test_logits: tuple[Tensor, ...]
    images_seen: int
    parameters: int
    macs: int
    memory_mib: float

    @property
    def seconds(self) -> float:
        """Mean training time of one run, validation after each epoch included."""
        return self.arm.seconds / len(self.arm.scores)

    @property
    def seconds_per_epoch(self) -> float:
        """The quickest epoch of all: what was disturbed least."""
        return min(e.seconds for history in self.histories for e in history.records)

    @property
    def curves(self) -> list[list[float]]:
        """Validation accuracy by epoch, a list for each seed."""
        return [[e.val_accuracy for e in history.records] for history in self.histories]

    def row(self) -> dict:
        """A row of the table: accuracy with both kinds of spread, and what it cost."""
        arm, n = self.arm, self.arm.n_images
        low, high = wilson_interval(round(arm.mean * n), n)
        return {
            "contender": arm.name,
            "accuracy": f"{arm.mean:.1%}",
            "seeds": f"{arm.low:.1%} to {arm.high:.1%}",
            "95 % by images": f"{low:.1%} to {high:.1%}",
            "rate": f"{arm.lr:g}",
            "images seen": self.images_seen,
            "seconds a run": round(self.seconds, 1),
            "MiB a step": round(self.memory_mib),
            "parameters": self.parameters,
            "10^6 MACs": round(self.macs / 1e6),
        }


@dataclass(frozen=True)
class Protocol:
    """What every contender gets alike: images, epochs, size of the grid, seeds, batches, augmentation.

    The rate is chosen on validation, on the first seed; the epoch is chosen on validation in each
    run; the test images are read once, at the end.
    """

    epochs: int
    n_rates: int
    seeds: tuple[int, ...]
    batch_size: int
    augment: Augment | None = Augment(pad=2)

    def rows(self, splits: Splits) -> list[dict]:
        """The protocol as a table."""
        epochs = count(self.epochs, "epoch")
        rates, chosen = "one: nothing was chosen", "epoch in each run"
        if self.n_rates > 1:
            rates = f"the best of {self.n_rates}, a grid for each"
            chosen = f"rate on the first seed, {chosen}"
        facts = {
            "training images": f"{len(splits.train):,}, the same for all",
            "budget of a run": f"{epochs}, {self.epochs * len(splits.train):,} images seen",
            "learning rates": rates,
            "chosen on": f"{len(splits.val):,} validation images: {chosen}",
            "seeds": ", ".join(map(str, self.seeds)),
            "optimizer": f"AdamW, cosine to zero, batches of {self.batch_size}",
            "measured on": f"{len(splits.test):,} test images: nothing is chosen on them",
        }
        return [{"what": name, "every contender": value} for name, value in facts.items()]

    def run(self, contender: Contender, splits: Splits) -> Result:
        """Choose the contender's rate on the first seed, train the other seeds at it, then test.

        Raises:
            CourseError: if the contender has more or fewer rates than the others.
            RunStopped: if a run is stopped.
        """
        if len(contender.rates) != self.n_rates:
            raise CourseError(
                f"{contender.name}: its grid is not as large as the others'.",
                expected=f"{self.n_rates} learning rates",
                found=str(len(contender.rates)),
            )
        train = partial(self.train, contender, splits)
        _, rate, runs = at_best_rate(
            contender.name, train, contender.rates, self.seeds, lambda run: run[1].best_val_accuracy
        )
        return self._result(contender, splits, runs, rate)

    def train(
        self, contender: Contender, splits: Splits, seed: int, rate: float
    ) -> tuple[nn.Module, History]:
        """One run: every layer at one rate, the best epoch on validation kept."""
        model = contender.build(seed)
        recipe = Recipe((Phase(self.epochs, rate),), self.batch_size, augment=self.augment)
        return model, fit(model, splits, recipe, contender.preprocess, seed=seed).completed()

    def with_equal_time(self, other: Result, result: Result) -> Protocol:
        """This protocol with as many epochs as ``result``'s contender does in ``other``'s seconds.

        There is nothing to choose any more: give the contender the rate that it had
        (:meth:`Contender.at`). More epochs make another schedule, but its best rate is seldom far away.
        """
        epochs = round(other.epochs * other.seconds_per_epoch / result.seconds_per_epoch)
        return replace(self, epochs=max(1, epochs), n_rates=1)

    def _result(
        self,
        contender: Contender,
        splits: Splits,
        runs: Sequence[tuple[nn.Module, History]],
        rate: float,
    ) -> Result:
        prep, model = contender.preprocess, runs[0][0]
        val, test = (
            tuple(predict(model, part, prep) for model, _ in runs) for part in (splits.val, splits.test)
        )
        scores = tuple(accuracy(logits, splits.test.labels) for logits in test)
        seconds = round(sum(history.seconds for _, history in runs), 1)
        size = prep.size or splits.train.images.shape[-1]
        return Result(
            arm=Arm(contender.name, scores, len(splits.test), rate, seconds),
            epochs=self.epochs,
            histories=tuple(history for _, history in runs),
            val_logits=val,
            test_logits=test,
            images_seen=self.epochs * len(splits.train),
            parameters=count_parameters(model),
            macs=multiply_adds(model, size),
            memory_mib=training_mib(model, size, self.batch_size),
        )
