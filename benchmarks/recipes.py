"""Recipes on CIFAR-10 from pretrained weights and from scratch, the tutorials' and one of ours: for a GPU."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace

from report import markdown
from torch import nn

from course_utils.augment import Preprocess
from course_utils.compare import Arm, verdict
from course_utils.data import Splits
from course_utils.evaluate import evaluate
from course_utils.models import build_model
from course_utils.train import History, Phase, Recipe, best_device, fit
from course_utils.weights import IMAGENET_MEAN, IMAGENET_STD, Weights

SEEDS = 3


@dataclass(frozen=True)
class Plan:
    """A recipe, with the same learning rates for every start.

    Args:
        rates: of more than one, the best on validation with the first seed is taken for all seeds.
        claim: test accuracy that a tutorial prints, a fraction, from ImageNet weights; 0 for our own.
    """

    name: str
    stem: str
    recipe: Recipe
    rates: tuple[float, ...]
    claim: float = 0.0

    def at(self, rate: float) -> Recipe:
        return replace(self.recipe, phases=(replace(self.recipe.phases[0], lr=rate),))


# The tutorials' two as near as ours comes to them. The third keeps the pretrained 7x7 kernels; its
# settings are a starting point that nobody has tuned but for the rate.
PLANS = (
    Plan("stock stem, 40 epochs", "stock",
         Recipe((Phase(40, 1e-3),), 64, "adamw", schedule="plateau"), (1e-3,), 0.8608),
    Plan("3x3 stem, 20 epochs", "conv3x3",
         Recipe((Phase(20, 0.01),), 128, "sgd", weight_decay=5e-4), (0.01,), 0.9491),
    Plan("ours: stem at stride 1, 16 epochs", "stride1",
         Recipe((Phase(16, 0.1),), 256, "sgd", weight_decay=5e-4, label_smoothing=0.1), (0.03, 0.1, 0.3)),
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One plan from one start.

    Attributes:
        arm: test accuracies by seed, and the rate.
        seconds: of each seed's training with its validation.
    """

    plan: Plan
    start: str
    arm: Arm
    seconds: tuple[float, ...]


def section(splits: Splits, starts: dict[str, Weights | None], quick: bool = False) -> str:
    """Each plan from each start: rate and epoch are chosen on val, test is read once for each seed.

    Args:
        starts: weights by the name they were asked for; ``None`` is from scratch.
        quick: one epoch on 64 images with one seed.
    """
    if quick:
        splits = replace(splits, train=splits.train.take(64, seed=0))
    plans = [_in_one_epoch(plan) for plan in PLANS] if quick else PLANS
    seeds = 1 if quick else SEEDS
    results = [run_plan(plan, weights, splits, seeds) for plan in plans for weights in starts.values()]
    head = ["recipe", "started from", "rate", "test accuracy", "seeds", "seconds", "tutorial's claim on CIFAR-10"]
    note = "The claims are from ImageNet weights: what starts from other weights is no reproduction of them.\n"
    note += "Where several rates were tried, one was chosen for each start on validation images, with the first seed."
    verdicts = "\n".join(f"- {line}" for line in compared(results))
    table = markdown(head, [_row(result) for result in results])
    return f"## Recipes on {splits.name}\n\n{table}\n\n{note}\n\n{verdicts}"


def run_plan(plan: Plan, weights: Weights | None, splits: Splits, seeds: int) -> Result:
    """``seeds`` trainings at one rate, after one for each rate if there are several."""
    name, rate = weights.name if weights else "from scratch", plan.rates[0]
    if len(plan.rates) > 1:
        on_val = {r: train(plan, weights, splits, r, 0)[1].best_val_accuracy for r in plan.rates}
        rate = max(on_val, key=on_val.__getitem__)
    scores, seconds = [], []
    for seed in range(seeds):
        begun = time.perf_counter()
        model, _ = train(plan, weights, splits, rate, seed)
        seconds.append(time.perf_counter() - begun)
        scores.append(evaluate(model, splits.test.to(best_device()), _preprocess(weights)).top1)
        print(f"{plan.name}, {name}, rate {rate:g}, seed {seed}: {scores[-1]:.2%}, {seconds[-1]:.0f} s", flush=True)
    return Result(plan, name, Arm(name, tuple(scores), len(splits.test), rate), tuple(seconds))


def train(
    plan: Plan, weights: Weights | None, splits: Splits, rate: float, seed: int
) -> tuple[nn.Module, History]:
    """The model of the best epoch on val."""
    model = build_model("resnet18", weights, len(splits.classes), plan.stem, seed).to(best_device())
    return model, fit(model, splits, plan.at(rate), _preprocess(weights), seed=seed, progress=False)


def compared(results: list[Result]) -> list[str]:
    """For each plan every later start against its first, in one sentence."""
    first: dict[str, Result] = {}
    lines = []
    for result in results:
        base = first.setdefault(result.plan.name, result)
        if base is not result:
            lines.append(f"{result.plan.name}: {verdict(result.arm, base.arm)}")
    return lines


def _row(result: Result) -> list[str]:
    plan, arm = result.plan, result.arm
    tried = f" of {len(plan.rates)}" if len(plan.rates) > 1 else ""
    return [
        plan.name, result.start, f"{arm.lr:g}{tried}", f"{arm.mean:.2%}", f"{arm.low:.2%} to {arm.high:.2%}",
        f"{statistics.median(result.seconds):.1f}", f"{plan.claim:.2%}" if plan.claim else "",
    ]  # fmt: skip


def _in_one_epoch(plan: Plan) -> Plan:
    return replace(plan, recipe=replace(plan.recipe, phases=(replace(plan.recipe.phases[0], epochs=1),)))


def _preprocess(weights: Weights | None) -> Preprocess:
    return weights.preprocess if weights else Preprocess(IMAGENET_MEAN, IMAGENET_STD)
