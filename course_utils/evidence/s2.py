"""`s2`: stems for small images, or larger images, with full fine-tuning as the text prints it."""

from __future__ import annotations

from functools import partial

from course_utils.data.augment import Augment
from course_utils.data.images import Splits
from course_utils.evidence.methods import Method, Stage, measure
from course_utils.evidence.networks import STARTS, normalise, resnet18
from course_utils.evidence.running import Experiment, Lab
from course_utils.models.stems import RESNET_STEMS
from course_utils.training.recipe import Phase, Recipe

EPOCHS = 4  # the text: 20; the larger maps cost four to nine times as much
RATES = (1e-2, 3e-2, 1e-1)
ENLARGED = 64  # pixels: the maps of the stock stem are then as large as those of `nopool` at 32


def load(lab: Lab, seed: int) -> Splits:
    return lab.splits(45_000, 5_000, seed)


def stages(epochs: int, size: int | None, rate: float) -> list[Stage]:
    """SGD with momentum, weight decay 5e-4, cosine to zero, batches of 128, crop and flip."""
    recipe = Recipe(
        (Phase(epochs, rate),),
        batch_size=128,
        optimizer="sgd",
        weight_decay=5e-4,
        augment=Augment(pad=4),
    )
    return [Stage(normalise(size), recipe)]


def measure_stem(stem: str, start: str, lab: Lab, size: int | None = None) -> dict:
    """Full fine-tuning; the rate is chosen by two epochs on 4,000 images.

    Args:
        size: side in pixels to which the images are enlarged, after crop and flip.
    """
    method = Method(
        start=start,
        build=partial(resnet18, start=start, stem=stem),
        stages=partial(stages, lab.few(EPOCHS), size),
        trial=partial(stages, lab.few(2), size),
        trial_images=4_000,
        rates=RATES,
    )
    return measure(method, lab, partial(load, lab))


EXPERIMENT = Experiment(
    name="s2",
    question="Do stems for small images, or larger images, help when all layers train?",
    minutes=600,
    arms={
        f"{stem}, {name}": partial(measure_stem, stem, start)
        for stem in RESNET_STEMS
        for name, start in STARTS.items()
    }
    | {
        f"stock at {ENLARGED} px, {name}": partial(measure_stem, "stock", start, size=ENLARGED)
        for name, start in STARTS.items()
    },
    terms={
        "network": "ResNet-18, 32 px where an arm does not say otherwise",
        "epochs": EPOCHS,
        "otherwise than printed": f"{EPOCHS} epochs instead of 20; the normalisation is the weights' own; "
        "Nesterov momentum; the epoch is chosen on validation, not on test; the package's small weights",
    },
)
