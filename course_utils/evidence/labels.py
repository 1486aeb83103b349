"""`labels`: how many labels a pretrained start is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from course_utils.analysis import arms as comparing
from course_utils.data.augment import Augment
from course_utils.data.images import Splits
from course_utils.evidence.methods import Method, Stage, measure, measure_probe
from course_utils.evidence.networks import IMAGENET, SCRATCH, SMALL, lite0, normalise, resnet18
from course_utils.evidence.running import Experiment, Lab
from course_utils.models.weights import find_weights
from course_utils.training.recipe import Phase, Recipe

CLASSES = 10
PER_CLASS = (10, 50, 100, 500, 1_000, 4_500)
EPOCHS = {10: 60, 50: 40, 100: 30, 500: 15, 1_000: 12, 4_500: 10}
SEEDS, MOST_WITH_SEEDS = (0, 1, 2), 500  # a class; with more, one seed
PROBE_SIZE = 128  # pixels, of EfficientNet-Lite0
RATES = {SMALL: (3e-4, 1e-3, 3e-3), SCRATCH: (1e-3, 3e-3, 1e-2)}
METHODS = ("probe, EfficientNet-Lite0", "probe, ResNet-18", "fine-tuned, ResNet-18", "scratch, ResNet-18")


def images(lab: Lab, per_class: int, seed: int) -> Splits:
    """Each seed draws its own images; as many to choose on as to train on, 100 to 5,000."""
    train = per_class * CLASSES
    return lab.splits(train, min(max(train, 100), 5_000), seed)


def seeds_of(per_class: int) -> tuple[int, ...]:
    return SEEDS if per_class <= MOST_WITH_SEEDS else SEEDS[:1]


def stages(per_class: int, lab: Lab, rate: float) -> list[Stage]:
    """All layers at one rate: AdamW, cosine to zero, crop and flip."""
    batch = 32 if per_class <= 100 else 128
    recipe = Recipe((Phase(lab.few(EPOCHS[per_class]), rate),), batch_size=batch, augment=Augment(pad=4))
    return [Stage(normalise(), recipe)]


def measure_training(start: str, per_class: int, lab: Lab) -> dict:
    """ResNet-18, all layers."""
    method = Method(
        start=start,
        build=partial(resnet18, start=start),
        stages=partial(stages, per_class, lab),
        rates=RATES[start],
        trial_images=10_000 if per_class > 1_000 else None,
    )
    return measure(method, lab, partial(images, lab, per_class), seeds_of(per_class))


def measure_frozen(start: str, per_class: int, lab: Lab) -> dict:
    """A linear probe of one of the two starts."""
    small = start == SMALL
    build = partial(resnet18 if small else lite0, start=start)
    preprocess = normalise() if small else find_weights("imagenet", "efficientnet_lite0").at_size(PROBE_SIZE)
    return measure_probe(start, build, preprocess, lab, partial(images, lab, per_class), seeds_of(per_class))


def arms() -> dict:
    """Four methods at each amount, fewest labels first."""
    measures = (
        partial(measure_frozen, IMAGENET),
        partial(measure_frozen, SMALL),
        partial(measure_training, SMALL),
        partial(measure_training, SCRATCH),
    )
    return {
        arm_name(method, per_class): partial(measure_arm, per_class)
        for per_class in PER_CLASS
        for method, measure_arm in zip(METHODS, measures)
    }


def arm_name(method: str, per_class: int) -> str:
    return f"{method}, {per_class:,} a class"


def by_seed(record: Mapping, method: str) -> dict[int, Sequence[float]]:
    """Each seed's test accuracy by number of training images, of the arms that stand."""
    found = {n: record["arms"].get(arm_name(method, n)) for n in PER_CLASS}
    return {n * CLASSES: arm["test"] for n, arm in found.items() if arm}


def curve(record: Mapping, method: str, which=lambda test: sum(test) / len(test)) -> dict[int, float]:
    """Test accuracy by number of training images, of the arms that stand.

    Args:
        which: makes one number of the seeds': their mean, ``min`` or ``max``.
    """
    return {n: which(test) for n, test in by_seed(record, method).items()}


Factor = Callable[[Mapping[int, float], Mapping[int, float], int], float]


def worth(
    record: Mapping, method: str, n: int, factor: Factor = comparing.worth
) -> tuple[float, float, float]:
    """How many times as many labels scratch needs for what ``method`` reaches with ``n`` images.

    Args:
        factor: of the curves of ``method`` and scratch, and ``n``.

    Returns:
        The factor of the means; and its range: the worst seed against the best seeds of scratch,
        and the best seed against the worst. Infinity where no measured amount reaches it.
    """
    pairs = ((None, None), (min, max), (max, min))
    factors = []
    for of_method, of_plain in pairs:
        better = curve(record, method, *filter(None, [of_method]))
        other = curve(record, METHODS[3], *filter(None, [of_plain]))
        factors.append(factor(better, other, n) if n in better and other else math.nan)
    mean, low, high = factors
    return mean, low, high


def told(record: Mapping, method: str, n: int, factor: Factor = comparing.worth) -> str:
    """The same in words, beside scratch: ``8.2 times (5.7 to 13.5)``, ``more than 100 times``."""
    mean, low, high = worth(record, method, n, factor=factor)
    most = max(curve(record, METHODS[3])) / n  # what is not reached takes more than this
    texts = [f"more than {most:g}" if math.isinf(x) else f"{x:.1f}" for x in (mean, low, high)]
    return f"{texts[0]} times" + ("" if len(set(texts)) == 1 else f" ({texts[1]} to {texts[2]})")


EXPERIMENT = Experiment(
    name="labels",
    question="How many labels is a pretrained start worth?",
    minutes=200,
    arms=arms(),
    terms={
        "epochs by labels a class": {str(n): epochs for n, epochs in EPOCHS.items()},
        "input": f"ResNet-18 32 px, stock stem; EfficientNet-Lite0 {PROBE_SIZE} px",
        "epoch": "the best on validation",
    },
)
