"""What a network loses with one of its blocks, beside how large that block's F(x) is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.analysis.arms import Arm, is_decided


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


def may_be_chance(arm: Arm) -> float:
    """Two standard errors of a difference between two accuracies about as high as the arm's."""
    return 2 * (2 * arm.mean * (1 - arm.mean) / arm.n_images) ** 0.5


def damage_rows(ratio: Mapping[str, float], arms: Sequence[Arm]) -> list[dict[str, str]]:
    """A row for each block: how large its F(x) is, the points that each damage costs, which are decided.

    Args:
        ratio: norm of F(x) over that of x, by block.
        arms: as in :func:`accuracy_lost`.
    """
    ways = accuracy_lost(arms)
    sure = {arm.name for arm in arms[1:] if is_decided(arms[0], arm)}
    rows = []
    for block in next(iter(ways.values())):
        points = {f"lost, {way}": f"{mean_points(lost[block]):+.1f}" for way, lost in ways.items()}
        decided = ", ".join(way for way in ways if f"{block} {way}" in sure) or "neither"
        rows.append({"block": block, "F(x) over x": f"{ratio[block]:.2f}", **points, "decided": decided})
    return rows
