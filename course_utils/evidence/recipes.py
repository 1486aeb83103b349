"""`recipes`: the ways of fine-tuning that tutorials recommend, side by side."""

from __future__ import annotations

from functools import partial

from course_utils.data.augment import Augment
from course_utils.data.images import Splits
from course_utils.evidence.methods import Method, Stage, measure, measure_probe
from course_utils.evidence.networks import SCRATCH, SMALL, normalise, resnet18
from course_utils.evidence.running import Experiment, Lab
from course_utils.models.freezing import freeze_backbone, unfreeze
from course_utils.training.recipe import Phase, Recipe

SEEDS = (0, 1, 2)
RATES = (3e-4, 1e-3, 3e-3)
LAYER_DECAY = 0.6
AUGMENT = Augment(pad=4)
# Training images: epochs, batch, validation images, seeds, images and epochs by which the rate is chosen.
AMOUNTS = {
    1_000: (20, 32, 1_000, SEEDS, None, 20),
    45_000: (10, 128, 5_000, SEEDS[:1], 10_000, 4),
}


def one_rate(rate: float, epochs: int) -> tuple[Phase, ...]:
    """All layers at one rate."""
    return (Phase(epochs, rate),)


def freeze_first(rate: float, epochs: int) -> tuple[Phase, ...]:
    """A quarter of the epochs the head alone at ten times the rate, then all layers."""
    frozen = max(1, epochs // 4)
    return (
        Phase(frozen, 10 * rate, prepare=freeze_backbone),
        Phase(max(1, epochs - frozen), rate, prepare=unfreeze),
    )


def tenth(rate: float, epochs: int) -> tuple[Phase, ...]:
    """The backbone at a tenth of the head's rate."""
    return (Phase(epochs, 10 * rate, backbone_lr=rate),)


def stages(phases, batch: int, layer_decay: float, epochs: int, rate: float) -> list[Stage]:
    """AdamW, cosine to zero within each phase, crop and flip, at 32 px."""
    recipe = Recipe(phases(rate, epochs), batch_size=batch, layer_decay=layer_decay, augment=AUGMENT)
    return [Stage(normalise(), recipe)]


def measure_recipe(phases, amount: int, lab: Lab, start: str = SMALL, layer_decay: float = 1.0) -> dict:
    """One recipe on so many training images."""
    epochs, batch, val, seeds, trial_images, trial_epochs = AMOUNTS[amount]
    method = Method(
        start=start,
        build=partial(resnet18, start=start),
        stages=partial(stages, phases, batch, layer_decay, lab.few(epochs, 2)),
        trial=partial(stages, phases, batch, layer_decay, lab.few(trial_epochs, 2)),
        rates=RATES,
        trial_images=trial_images,
    )
    return measure(method, lab, partial(images, lab, amount, val), seeds)


def measure_frozen(amount: int, lab: Lab) -> dict:
    """A linear probe of the small weights."""
    val, seeds = AMOUNTS[amount][2:4]
    build = partial(resnet18, start=SMALL)
    return measure_probe(SMALL, build, normalise(), lab, partial(images, lab, amount, val), seeds)


def images(lab: Lab, train: int, val: int, seed: int) -> Splits:
    """Each seed draws its own training and validation images."""
    return lab.splits(train, val, seed)


def arms(amount: int) -> dict:
    """The arms on so many training images."""
    of = {
        "linear probe": partial(measure_frozen, amount),
        "all layers at one rate": partial(measure_recipe, one_rate, amount),
        "freeze, then unfreeze": partial(measure_recipe, freeze_first, amount),
        "backbone at a tenth": partial(measure_recipe, tenth, amount),
        "layer-wise decay": partial(measure_recipe, tenth, amount, layer_decay=LAYER_DECAY),
        "from scratch": partial(measure_recipe, one_rate, amount, start=SCRATCH),
    }
    return {f"{name}, {amount:,} images": measure_arm for name, measure_arm in of.items()}


EXPERIMENT = Experiment(
    name="recipes",
    question="Which way of fine-tuning is better: one rate, freezing first, a tenth, or layer by layer?",
    minutes=150,
    arms={**arms(1_000), **arms(45_000)},
    terms={
        "network": "ResNet-18, stock stem, 32 px",
        "layer-wise decay": "head at ten times the last stage's rate, "
        f"each stage before at {LAYER_DECAY} of the next",
        "epoch": "the best on validation",
    },
)
