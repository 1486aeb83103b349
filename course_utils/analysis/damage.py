"""What a network loses with one of its blocks, beside how large that block's F(x) is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from torch import Tensor, nn

from course_utils.analysis.arms import Arm
from course_utils.analysis.paired import paired_lead
from course_utils.analysis.residual import identity_blocks
from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.errors import CourseError
from course_utils.training.evaluation import predict

Damage = Callable[[nn.Module, str], AbstractContextManager]


def damaged(
    models: Sequence[nn.Module], images: ImageSet, preprocess: Preprocess, ways: Mapping[str, Damage]
) -> tuple[list[Arm], dict[str, float]]:
    """Damage one block after the other, in each way and in each model, and count what is still right.

    Args:
        models: one for each seed, of one architecture.
        ways: how a damage is called, and the context in which a block has it, such as
            :func:`~course_utils.analysis.residual.skipped`.

    Returns:
        The whole network first, then an arm for each way and block, named ``"layer1.0 left out"``; and by
        an arm's name two standard errors of what it loses (a fraction), images paired.
    """

    def classes(model: nn.Module, damage: AbstractContextManager | None = None) -> Tensor:
        with damage or nullcontext():
            return predict(model, images, preprocess).argmax(dim=1)

    def arm(name: str, answers: Sequence[Tensor]) -> Arm:
        scores = tuple((answer == images.labels).float().mean().item() for answer in answers)
        return Arm(name, scores, len(images))

    whole = [classes(model) for model in models]
    arms, errors = [arm("nothing removed", whole)], {}
    for way, damage in ways.items():
        for block in identity_blocks(models[0]):
            answers = [classes(model, damage(model, block)) for model in models]
            arms.append(arm(f"{block} {way}", answers))
            errors[arms[-1].name] = paired_lead(whole, answers, images.labels)[1]
    return arms, errors


def accuracy_lost(arms: Sequence[Arm]) -> dict[str, dict[str, list[float]]]:
    """For each way of damage and each block the accuracy (a fraction) that every seed loses.

    Args:
        arms: the whole network first; then an arm for each block and way, named ``"layer1.0 left out"``.
    """
    whole, *damages = arms
    lost: dict[str, dict[str, list[float]]] = {}
    for arm in damages:
        block, way = arm.name.split(maxsplit=1)
        before_after = zip(whole.scores, arm.scores, strict=True)
        lost.setdefault(way, {})[block] = [before - after for before, after in before_after]
    return lost


def mean_points(lost: Sequence[float]) -> float:
    """Fractions that were lost as a mean in points, never ``-0.0``."""
    return round(100 * sum(lost) / len(lost), 1) + 0.0


def is_missed(lost: Sequence[float], error: float) -> bool:
    """Whether every seed loses, and their mean by more than two standard errors.

    The same models answer to the same images before and after, so seeds and images are paired: no seed
    may gain, where two separate trainings (:func:`~course_utils.analysis.arms.is_decided`) must lie apart.

    Args:
        lost: the fraction that each seed loses; at least two seeds.
        error: two standard errors of their mean.
    """
    return len(lost) > 1 and min(lost) > 0 and sum(lost) / len(lost) > error


def damage_rows(
    ratio: Mapping[str, float], arms: Sequence[Arm], errors: Mapping[str, float]
) -> list[dict[str, str]]:
    """A row for each block: how large its F(x) is, the points that each damage costs, and whether it does.

    Args:
        ratio: norm of F(x) over that of x, by block.
        arms, errors: as :func:`damaged` returns them.

    Raises:
        CourseError: if no block was damaged.
    """
    if len(arms) < 2:
        raise CourseError(
            "no block was damaged.",
            expected="the whole network and at least one damage",
            found=", ".join(arm.name for arm in arms) or "no arm",
            do="take a network with residual blocks whose shortcut is x itself, and a way of damage",
        )
    ways = accuracy_lost(arms)
    rows = []
    for block in next(iter(ways.values())):
        row = {"block": block, "F(x) over x": f"{ratio[block]:.2f}"}
        for way, lost in ways.items():
            error = errors[f"{block} {way}"]
            row[f"lost, {way}"] = f"{mean_points(lost[block]):+.1f} ± {100 * error:.1f}"
            row[f"{way}: decided"] = "yes" if is_missed(lost[block], error) else "no"
        rows.append(row)
    return rows
