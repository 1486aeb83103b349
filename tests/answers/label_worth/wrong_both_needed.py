# fails: label_worth-2
# divides by what the better curve needs, not by n
import math


def labels_needed(curve: dict[int, float], accuracy: float) -> float:
    amounts = sorted(curve)
    if curve[amounts[0]] >= accuracy:
        return float(amounts[0])
    for n, m in zip(amounts, amounts[1:]):
        if curve[m] >= accuracy:
            step = (accuracy - curve[n]) / (curve[m] - curve[n])
            return math.exp(math.log(n) + step * (math.log(m) - math.log(n)))
    return math.inf


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / labels_needed(better, better[n])
