"""Which upstream weights are worth more downstream: linear probe and fine-tuning, on validation images.

python benchmarks/upstream.py --data cifar10.zip small pretrained/resnet18.safetensors
"""

from __future__ import annotations

import argparse
from functools import partial

import torch

from course_utils.analysis.arms import Arm, verdict
from course_utils.data.images import Splits
from course_utils.data.loading import load_data
from course_utils.models.building import build_model
from course_utils.models.weights import Weights, find_weights
from course_utils.training.device import best_device
from course_utils.training.evaluation import accuracy
from course_utils.training.fitting import fit
from course_utils.training.probes import extract_features, fit_probe
from course_utils.training.recipe import Phase, Recipe

RATES = (0.0003, 0.001)  # for the whole network; the better one by the mean over the seeds counts
PENALTIES = (0.001, 0.01, 0.1)
EPOCHS, BATCH_SIZE, SEEDS = 6, 64, 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python benchmarks/upstream.py", description=__doc__.split("\n")[0])
    parser.add_argument("weights", nargs="+", help="small, imagenet, or a file of weights for ResNet-18")
    parser.add_argument(
        "--data", required=True, help="cifar10, or a folder or zip of images; its test images are not read"
    )
    parser.add_argument("--train", type=int, default=1000, help="training images")
    parser.add_argument("--val", type=int, default=2000, help="validation images")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    splits = load_data(options.data, train=options.train, val=options.val)
    print(
        f"{splits.name}: {len(splits.train):,} training images, {len(splits.val):,} validation images, "
        "32 px, stock stem"
    )
    found = {source: find_weights(source) for source in options.weights}
    for measure in (probe, partial(fine_tune, epochs=options.epochs)):
        arms = [measure(source, weights, splits) for source, weights in found.items()]
        print(*arms, *(verdict(arms[0], other) for other in arms[1:]), sep="\n")


def probe(name: str, weights: Weights, splits: Splits) -> Arm:
    """One score, for its fit has no randomness; the best of three penalties."""
    classes = len(splits.classes)
    model = build_model("resnet18", weights, classes)
    train, val = (
        extract_features(model, part, weights.preprocess, keep=False) for part in (splits.train, splits.val)
    )
    heads = [fit_probe(train, splits.train.labels, classes, penalty) for penalty in PENALTIES]
    with torch.no_grad():
        best = max(accuracy(head(val), splits.val.labels) for head in heads)
    return Arm(f"linear probe, {name}", (best,), len(splits.val))


def fine_tune(name: str, weights: Weights, splits: Splits, epochs: int = EPOCHS) -> Arm:
    """The best epoch of each seed, at the better of the rates."""
    scores = {
        rate: tuple(_trained(weights, splits, rate, epochs, seed) for seed in range(SEEDS)) for rate in RATES
    }
    rate = max(scores, key=lambda rate: sum(scores[rate]))
    return Arm(f"fine-tuned, {name}", scores[rate], len(splits.val), rate)


def _trained(weights: Weights, splits: Splits, rate: float, epochs: int, seed: int) -> float:
    model = build_model("resnet18", weights, len(splits.classes), seed=seed).to(best_device())
    recipe = Recipe((Phase(epochs, rate),), BATCH_SIZE)
    return fit(model, splits, recipe, weights.preprocess, seed=seed, progress=False).best_val_accuracy


if __name__ == "__main__":
    main()
