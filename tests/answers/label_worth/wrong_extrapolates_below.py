# fails: label_worth-1 label_worth-2
import math


def labels_needed(curve: dict[int, float], accuracy: float) -> float:
    points = sorted(curve.items())
    for (n0, a0), (n1, a1) in zip(points, points[1:]):
        if a1 >= accuracy:
            share = (accuracy - a0) / (a1 - a0)
            return math.exp(math.log(n0) + share * (math.log(n1) - math.log(n0)))
    return math.inf


def label_worth(better: dict[int, float], plain: dict[int, float], n: int) -> float:
    return labels_needed(plain, better[n]) / n
