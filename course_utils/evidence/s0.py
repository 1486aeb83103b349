"""`s0`: forty epochs of ResNet-18 as the first two source texts print them, and with a chosen rate."""

from __future__ import annotations

from functools import partial

from course_utils.data.augment import Augment
from course_utils.data.images import Splits
from course_utils.evidence.methods import Method, Stage, measure
from course_utils.evidence.networks import SCRATCH, SMALL, normalise, resnet18
from course_utils.evidence.printed import NORMALISE, PrintedAugment
from course_utils.evidence.running import Experiment, Lab
from course_utils.models.freezing import freeze_backbone, unfreeze
from course_utils.training.recipe import Phase, Recipe

FROZEN, FREE = 5, 35  # epochs
PRINTED_RATE = 1e-3  # Adam; the text lowers it to a tenth when it unfreezes
RATES = (1e-3, 3e-3, 1e-2)


def load(lab: Lab, seed: int) -> Splits:
    return lab.splits(45_000, 5_000, seed)


def printed_stages(lab: Lab, rate: float) -> list[Stage]:
    """Frozen epochs, then all layers at a tenth of the rate; halved on a plateau of the validation loss."""
    phases = (
        Phase(lab.few(FROZEN), rate, prepare=freeze_backbone),
        Phase(lab.few(FREE), rate / 10, prepare=unfreeze),
    )
    recipe = Recipe(
        phases,
        batch_size=64,
        optimizer="adam",
        weight_decay=1e-4,
        schedule="plateau",
        augment=PrintedAugment(),
    )
    return [Stage(NORMALISE, recipe)]


def our_stages(epochs: int, rate: float) -> list[Stage]:
    """All layers from the start: AdamW, cosine to zero, crop and flip."""
    recipe = Recipe((Phase(epochs, rate),), batch_size=128, weight_decay=0.05, augment=Augment(pad=4))
    return [Stage(normalise(), recipe)]


def measure_printed(start: str, lab: Lab) -> dict:
    """The recipe of the text, without any choice."""
    build = partial(resnet18, start=start)
    method = Method(start, build, partial(printed_stages, lab), (PRINTED_RATE,))
    return measure(method, lab, partial(load, lab))


def measure_ours(start: str, lab: Lab) -> dict:
    """As many epochs at a rate chosen by four epochs on 10,000 images."""
    method = Method(
        start=start,
        build=partial(resnet18, start=start),
        stages=partial(our_stages, lab.few(FROZEN + FREE)),
        trial=partial(our_stages, lab.few(4)),
        trial_images=10_000,
        rates=RATES,
    )
    return measure(method, lab, partial(load, lab))


EXPERIMENT = Experiment(
    name="s0",
    question="What does the recipe of the first two texts give on all of CIFAR-10, "
    "and what does a plain one?",
    minutes=340,
    arms={
        "as printed, small weights": partial(measure_printed, SMALL),
        "ours, small weights": partial(measure_ours, SMALL),
        "as printed, from scratch": partial(measure_printed, SCRATCH),
        "ours, from scratch": partial(measure_ours, SCRATCH),
    },
    terms={
        "network": "ResNet-18, stock stem, 32 px",
        "epochs": FROZEN + FREE,
        "otherwise than printed": "the plateau and the epoch are looked for on validation, not on test; "
        "frozen batch norms stay as they are; weight decay spares norms and biases; "
        "the weights are the package's small ones, not torchvision's",
    },
)
