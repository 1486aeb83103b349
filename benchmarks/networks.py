"""Training, probe and evaluation: ours against the tutorial loop, on the same networks and images."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import tutorial
from measure import Arm
from torch import nn
from torchvision.models import alexnet

from course_utils.data.augment import Augment, Preprocess
from course_utils.data.images import ImageSet, Splits
from course_utils.models.alexnet import fold_repeating_pool
from course_utils.models.building import build_model
from course_utils.models.cost import forward_flops
from course_utils.models.heads import find_head
from course_utils.models.weights import find_weights
from course_utils.training.compiling import compiled_or_plain
from course_utils.training.convolutions import use_live_taps
from course_utils.training.device import cpu_has_bfloat16
from course_utils.training.evaluation import accuracy, evaluate, predict
from course_utils.training.loop import Stepper, count_batches, train_epoch
from course_utils.training.probes import extract_features, fit_probe
from course_utils.training.recipe import Phase, Recipe

PREPROCESS = Preprocess(tutorial.MEAN, tutorial.STD)
RATE = 1e-3  # Adam's own default, for both loops
PENALTY = 0.01
PROBE_EPOCHS = 5


@dataclass(frozen=True)
class Plan:
    """How much to do.

    Args:
        images: for a ResNet-18 with the stock stem and evaluation; the slow networks take ``slow``.
        probe: for the linear probe, whose last step costs the same however few there are.
        repeats: rounds.
        compile: measure the compiled paths too; each takes seconds to a minute to start on two cores.
    """

    splits: Splits
    device: torch.device
    images: int
    slow: int
    probe: int
    repeats: int
    seed: int = 0
    batch_size: int = 256
    compile: bool = True

    def training_images(self, n: int) -> ImageSet:
        """``n`` training images, over and over again where the data set has fewer."""
        train = self.splits.train
        return train.subset(torch.arange(n) % len(train))


def resnet18(plan: Plan, stem: str = "stock") -> nn.Module:
    """From the package's small weights."""
    classes = len(plan.splits.classes)
    return build_model("resnet18", find_weights("small"), classes, stem, plan.seed).to(plan.device)


def alexnet32(plan: Plan) -> nn.Module:
    """AlexNet adapted to 32x32 as tutorials do it: its maps are 32, 16, 7, 3, and the pool repeats them."""
    torch.manual_seed(plan.seed)
    model = alexnet(num_classes=len(plan.splits.classes))
    model.features[0] = nn.Conv2d(3, 64, 3, padding=1)
    model.features[2] = nn.MaxPool2d(2, 2)
    return model.to(plan.device)


def folded_alexnet32(plan: Plan) -> nn.Module:
    model = alexnet32(plan)
    fold_repeating_pool(model)
    return model


def live_taps_resnet18(plan: Plan) -> nn.Module:
    model = resnet18(plan)
    use_live_taps(model)
    return model


def resnet18_arms(plan: Plan) -> list[Arm]:
    """All layers of a ResNet-18 with the stock stem, one epoch a round."""
    n = plan.images
    arms = [
        tutorial_arm(plan, resnet18(plan), n),
        our_arm(plan, "ours", resnet18(plan), n, goal=1.7),
        our_arm(plan, "ours, live taps", live_taps_resnet18(plan), n),
        our_arm(replace(plan, batch_size=tutorial.BATCH_SIZE), "ours", resnet18(plan), n),
    ]
    if plan.compile:
        arms += [
            our_arm(plan, "ours, compiled", resnet18(plan), n, compile=True),
            our_arm(plan, "ours, live taps, compiled", live_taps_resnet18(plan), n, compile=True, goal=2.0),
        ]
    return [
        *arms,
        *in_bfloat16(plan, our_arm(plan, "ours, bfloat16", resnet18(plan), n)),
        *in_bfloat16(plan, our_arm(plan, "ours, live taps, bfloat16", live_taps_resnet18(plan), n)),
    ]


def alexnet_arms(plan: Plan) -> list[Arm]:
    """All layers of an AlexNet adapted to 32x32, from scratch, one epoch a round."""
    n = plan.slow
    return [
        tutorial_arm(plan, alexnet32(plan), n),
        our_arm(plan, "ours", alexnet32(plan), n),
        our_arm(plan, "ours, folded first layer", folded_alexnet32(plan), n, goal=2.3),
        *in_bfloat16(
            plan, our_arm(plan, "ours, folded first layer, bfloat16", folded_alexnet32(plan), n, goal=2.3)
        ),
    ]


def stem_arms(plan: Plan) -> list[Arm]:
    """All layers of a ResNet-18 with a 3x3 stem, one epoch a round."""
    n, plan = plan.slow, replace(plan, batch_size=min(128, plan.batch_size))
    arms = [
        tutorial_arm(plan, resnet18(plan, "conv3x3"), n),
        our_arm(plan, "ours", resnet18(plan, "conv3x3"), n),
    ]
    if plan.compile:
        arms.append(our_arm(plan, "ours, compiled", resnet18(plan, "conv3x3"), n, compile=True))
    return arms + in_bfloat16(plan, our_arm(plan, "ours, bfloat16", resnet18(plan, "conv3x3"), n))


def tutorial_arm(plan: Plan, model: nn.Module, n: int) -> Arm:
    images = plan.training_images(n)
    batches = tutorial.loader(images, augment=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    return Arm(
        f"tutorial loop, batch {tutorial.BATCH_SIZE}",
        lambda: tutorial.train_epoch(model, batches, optimizer, plan.device),
        n,
        training_flop(model, images),
        lambda: evaluate(model, plan.splits.val, PREPROCESS).top1,
        lambda: _one_step(copy.deepcopy(model), images.subset(range(min(tutorial.BATCH_SIZE, n)))),
    )


def our_arm(plan: Plan, name: str, model: nn.Module, n: int, compile: bool = False, goal: float = 1.0) -> Arm:
    """An epoch as ``fit`` runs it."""
    recipe = Recipe((Phase(plan.repeats, RATE),), plan.batch_size, weight_decay=0.0, augment=Augment())
    model.to(memory_format=torch.channels_last)
    stepper = Stepper(model, recipe.phases[0], recipe)
    forward = compiled_or_plain(model) if compile else model
    images = plan.training_images(n).to(plan.device)
    generator = torch.Generator().manual_seed(plan.seed)

    def epoch() -> None:
        train_epoch(model, images, recipe, PREPROCESS, stepper, generator, forward=forward)

    def warm_up() -> None:
        """A step at every batch size, which compiles; weights and statistics are put back."""
        before = copy.deepcopy(model.state_dict())
        for size in {len(b) for b in torch.arange(n).tensor_split(count_batches(n, recipe.batch_size))}:
            throwaway = Stepper(model, recipe.phases[0], recipe)
            some = images.subset(range(size))
            train_epoch(model, some, recipe, PREPROCESS, throwaway, generator, forward=forward)
        model.load_state_dict(before)

    return Arm(
        f"{name}, batch {recipe.batch_size}",
        epoch,
        n,
        training_flop(model, images),
        lambda: evaluate(model, plan.splits.val, PREPROCESS).top1,
        warm_up,
        goal,
    )


def in_bfloat16(plan: Plan, arm: Arm) -> list[Arm]:
    """The arm's work under torch's autocast, if that is something else here: on CPUs that can.

    On a GPU ``fit`` computes in 16 bits anyway.
    """
    if plan.device.type != "cpu" or not cpu_has_bfloat16():
        return []
    return [replace(arm, work=bfloat16(arm.work), warm_up=bfloat16(arm.warm_up))]


def bfloat16(work: Callable[..., Any]) -> Callable[..., Any]:
    return torch.autocast("cpu", dtype=torch.bfloat16)(work)


def probe_arms(plan: Plan) -> list[Arm]:
    """A linear probe of five epochs without augmentation, against features that are computed once."""
    images, val = plan.training_images(plan.probe), plan.splits.val
    start, live, live_too = resnet18(plan), live_taps_resnet18(plan), live_taps_resnet18(plan)
    best: dict[object, Any] = {}  # what each arm has fitted last

    def tutorial_probe() -> None:
        model = copy.deepcopy(start)
        head = find_head(model)
        tutorial.freeze(model, head)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
        batches = tutorial.loader(images, augment=False)
        for _ in range(PROBE_EPOCHS):
            tutorial.train_epoch(model, batches, optimizer, plan.device)
        best["tutorial"] = model

    def tutorial_accuracy() -> float:
        return evaluate(best["tutorial"], val, PREPROCESS).top1

    def our_probe(model: nn.Module, extract: Callable = extract_features) -> None:
        features = extract(model, images, PREPROCESS, keep=False)
        best[model] = fit_probe(features, images.labels, len(plan.splits.classes), PENALTY)

    @torch.no_grad()
    def our_accuracy(model: nn.Module) -> float:
        return accuracy(best[model](extract_features(model, val, PREPROCESS, keep=False)), val.labels)

    seen = PROBE_EPOCHS * len(images)
    sixteen = Arm(
        "ours, the same with live taps, in bfloat16",
        lambda: our_probe(live_too, bfloat16(extract_features)),
        seen,
        accuracy=lambda: our_accuracy(live_too),
        goal=14.0,
    )
    return [
        Arm("tutorial loop, 5 epochs", tutorial_probe, seen, accuracy=tutorial_accuracy),
        Arm(
            "ours, features once and L-BFGS",
            lambda: our_probe(start),
            seen,
            accuracy=lambda: our_accuracy(start),
            goal=14.0,
        ),
        Arm(
            "ours, the same with live taps",
            lambda: our_probe(live),
            seen,
            accuracy=lambda: our_accuracy(live),
        ),
        *([sixteen] if plan.device.type == "cpu" and cpu_has_bfloat16() else []),
    ]


def evaluation_arms(plan: Plan) -> list[Arm]:
    """Accuracy of a ResNet-18 with the stock stem."""
    images, model, found = plan.training_images(plan.images), resnet18(plan), {}
    batches, flop = tutorial.loader(images, augment=False), training_flop(model, images) / 3
    on_device = images.to(plan.device)

    def theirs() -> None:
        found["theirs"] = tutorial.evaluate(model, batches, plan.device)

    def ours() -> None:
        found["ours"] = evaluate(model, on_device, PREPROCESS).top1

    return [
        Arm("tutorial loop", theirs, len(images), flop, lambda: found["theirs"]),
        Arm(
            "ours",
            ours,
            len(images),
            flop,
            lambda: found["ours"],
            lambda: predict(model, images.subset(range(min(64, len(images)))), PREPROCESS),
            1.5,
        ),
    ]


def scaling(plan: Plan, counts: tuple[int, ...]) -> list[tuple[int, Arm, Callable[[], object]]]:
    """For each number of images: an epoch of training, and what fits a whole linear probe."""
    start = resnet18(plan)
    jobs: list[tuple[int, Arm, Callable[[], object]]] = []
    for n in counts:
        images = plan.training_images(n)

        def probe(images=images) -> None:
            features = extract_features(start, images, PREPROCESS, keep=False)
            fit_probe(features, images.labels, len(plan.splits.classes), PENALTY)

        jobs.append((n, our_arm(plan, "ours", resnet18(plan), n), probe))
    return jobs


def training_flop(model: nn.Module, images: ImageSet) -> float:
    """Of forward and backward pass for one image; the backward pass costs twice the forward pass."""
    one = PREPROCESS(images.images[:1]).to(next(model.parameters()).device)
    return 3.0 * forward_flops(model, one)


def _one_step(model: nn.Module, images: ImageSet) -> None:
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    tutorial.train_epoch(model, tutorial.loader(images, augment=True), optimizer, device)
