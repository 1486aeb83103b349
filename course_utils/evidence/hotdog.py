"""`hotdog`: the small photo task of the source texts, with every photograph tested once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from course_utils.data.augment import Augment
from course_utils.data.images import ImageSet, Splits, balanced_order
from course_utils.data.loading import load_data
from course_utils.errors import DataError
from course_utils.evidence.methods import Method, Stage, measure, measure_probe
from course_utils.evidence.networks import IMAGENET, SCRATCH, SMALL, lite0, normalise, resnet18
from course_utils.evidence.running import Experiment, Lab
from course_utils.models.building import build_model
from course_utils.models.lite0 import ARCH
from course_utils.models.weights import find_weights
from course_utils.training.evaluation import predict
from course_utils.training.recipe import Phase, Recipe

FOLDS = 5
SIDE = 144  # pixels of the squares that are kept of the photographs
SIZES = {"ResNet-18": 64, "EfficientNet-Lite0": 128}  # that the networks see
EPOCHS, BATCH = 12, 32
RATES = (3e-3, 1e-2, 3e-2)
PRINTED_EPOCHS, PRINTED_RATE, PRINTED_BATCH = 5, 5e-4, 64
CLASS = "hotdog"
UPSTREAM_CLASS = 934  # of ImageNet: hotdog, hot dog, red hot
AUGMENT = Augment(pad=16, jitter=0.2)


def photographs(lab: Lab) -> ImageSet:
    """All photographs of the folder in one set, training and test together.

    Raises:
        DataError: if none of the classes is called ``hotdog``.
    """
    whole, few = (load_data(lab.source, val=val, size=SIDE) for val in (None, 2))
    if CLASS not in whole.train.classes:
        found = ", ".join(whole.train.classes)
        raise DataError(f"no class {CLASS!r}.", expected=f"{CLASS} and another one", found=found)
    # From a folder without val two images are cut: that order is the records'. One that has val keeps it.
    splits = few if _total(few) == _total(whole) else whole
    parts = (splits.train, splits.val, splits.test)
    return replace(
        splits.train,
        images=torch.cat([part.images for part in parts]),
        labels=torch.cat([part.labels for part in parts]),
    )


def _total(splits: Splits) -> int:
    return len(splits.train) + len(splits.val) + len(splits.test)


def fold(lab: Lab, number: int) -> Splits:
    """One fifth of the photographs to test on, one fifth to choose on, three to train on."""
    images = photographs(lab)
    pieces = balanced_order(images.labels, seed=0).tensor_split(FOLDS)
    test, val = pieces[number], pieces[(number + 1) % FOLDS]
    train = torch.cat([pieces[(number + step) % FOLDS] for step in range(2, FOLDS)])
    return Splits(images.subset(train), images.subset(val), images.subset(test))


def two_rates(rate: float) -> Phase:
    """The backbone at a tenth of the head's rate."""
    return Phase(EPOCHS, rate, backbone_lr=rate / 10)


def one_rate(rate: float) -> Phase:
    """All layers at one rate."""
    return Phase(EPOCHS, rate)


def stages(network: str, phase: Callable[[float], Phase], lab: Lab, rate: float) -> list[Stage]:
    """SGD with momentum, cosine to zero, random shift, mirror and light."""
    planned = phase(rate)
    recipe = Recipe(
        (replace(planned, epochs=lab.few(planned.epochs)),),
        batch_size=BATCH,
        optimizer="sgd",
        weight_decay=1e-3,
        augment=AUGMENT,
    )
    return [Stage(preprocess(network), recipe)]


def printed_stages(network: str, lab: Lab, rate: float) -> list[Stage]:
    """As the text prints it: five epochs, constant rates of 5e-5 and 5e-4, batches of 64."""
    phase = Phase(lab.few(PRINTED_EPOCHS), rate, backbone_lr=rate / 10)
    recipe = Recipe(
        (phase,),
        batch_size=PRINTED_BATCH,
        optimizer="sgd",
        weight_decay=1e-3,
        schedule="constant",
        augment=AUGMENT,
    )
    return [Stage(preprocess(network), recipe)]


def preprocess(network: str):
    """The constants of the network's weights and the size that suits them."""
    if network == "ResNet-18":
        return normalise(SIZES[network])
    return find_weights("imagenet", ARCH).at_size(SIZES[network])


def builder(network: str, start: str):
    return partial(resnet18 if network == "ResNet-18" else lite0, start=start)


def as_folds(arm: dict) -> dict:
    """Say that the scores are of folds, and how many photographs they tested together."""
    return {**arm, "folds": FOLDS, "images": {**arm["images"], "test": sum(arm["images"].values())}}


def measure_training(network: str, start: str, phase: Callable[[float], Phase], lab: Lab) -> dict:
    """Five trainings, each tested on photographs that it has not seen."""
    of = partial(stages, network, phase, lab)
    method = Method(start, builder(network, start), of, RATES)
    return as_folds(measure(method, lab, partial(fold, lab), range(FOLDS)))


def measure_printed(network: str, start: str, lab: Lab) -> dict:
    """The recipe of the text, without any choice."""
    of = partial(printed_stages, network, lab)
    method = Method(start, builder(network, start), of, (PRINTED_RATE,))
    return as_folds(measure(method, lab, partial(fold, lab), range(FOLDS)))


def measure_frozen(network: str, start: str, lab: Lab) -> dict:
    """A linear probe."""
    build, prep = builder(network, start), preprocess(network)
    return as_folds(measure_probe(start, build, prep, lab, partial(fold, lab), range(FOLDS)))


def measure_upstream(lab: Lab) -> dict:
    """EfficientNet-Lite0 untrained: a photograph is a hot dog if ImageNet's class of that name is first."""
    weights = find_weights("imagenet", ARCH)
    model = build_model(ARCH, weights, num_classes=None)
    images = photographs(lab)
    logits = predict(model, images, weights.at_size(SIZES["EfficientNet-Lite0"]))
    is_hotdog = images.labels == images.classes.index(CLASS)
    top5 = (logits.topk(5).indices == UPSTREAM_CLASS).any(1)
    first = logits.argmax(1) == UPSTREAM_CLASS
    right = (first == is_hotdog).float().mean().item()
    return {
        "start": f"{IMAGENET}, with its own head",
        "images": {"train": 0, "val": 0, "test": len(images)},
        "seeds": [0],
        "test": [round(right, 5)],
        "hot dogs named first": round(first[is_hotdog].float().mean().item(), 5),
        "hot dogs among the first five": round(top5[is_hotdog].float().mean().item(), 5),
        "others named first": round(first[~is_hotdog].float().mean().item(), 5),
        "minutes": 0.0,
        "trainable": 0,
    }


ARMS: dict[str, Callable[[Lab], dict]] = {
    "ImageNet's own class, untrained": measure_upstream,
    "EfficientNet-Lite0, linear probe": partial(measure_frozen, "EfficientNet-Lite0", IMAGENET),
    "EfficientNet-Lite0, two rates": partial(measure_training, "EfficientNet-Lite0", IMAGENET, two_rates),
    "EfficientNet-Lite0, one rate": partial(measure_training, "EfficientNet-Lite0", IMAGENET, one_rate),
    "EfficientNet-Lite0, from scratch": partial(measure_training, "EfficientNet-Lite0", SCRATCH, one_rate),
    "EfficientNet-Lite0, as printed": partial(measure_printed, "EfficientNet-Lite0", IMAGENET),
    "ResNet-18, linear probe": partial(measure_frozen, "ResNet-18", SMALL),
    "ResNet-18, two rates": partial(measure_training, "ResNet-18", SMALL, two_rates),
    "ResNet-18, one rate": partial(measure_training, "ResNet-18", SMALL, one_rate),
    "ResNet-18, from scratch": partial(measure_training, "ResNet-18", SCRATCH, one_rate),
    "ResNet-18, as printed": partial(measure_printed, "ResNet-18", SMALL),
}
EXPERIMENT = Experiment(
    name="hotdog",
    question="Hot dog or not: what are two rates and a pretrained start worth on 150 photographs?",
    minutes=40,
    data="hotdog",
    arms=ARMS,
    terms={
        "test": f"{FOLDS} folds: every photograph is tested once; a score is one fold's",
        "overlap": "hotdog is class 934 of ImageNet, and no class of the small weights",
        "pixels": SIZES,
        "epoch": "the best on validation",
    },
)
