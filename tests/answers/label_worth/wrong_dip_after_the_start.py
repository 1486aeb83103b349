# fails: label_worth-1
import math


def labels_needed(curve: dict[int, float], accuracy: float) -> float:
    """The smallest number of labels at which a learning curve reaches `accuracy`, a float."""
    if max(curve.values()) < accuracy:
        return math.inf
    if min(curve.values()) >= accuracy:
        return float(min(curve))
    amounts = sorted(curve)
    for low, high in zip(amounts, amounts[1:]):
        if curve[low] < accuracy <= curve[high]:
            share = (accuracy - curve[low]) / (curve[high] - curve[low])
            return math.exp((1 - share) * math.log(low) + share * math.log(high))
    return float(amounts[0])


def label_worth(better: dict[int, float], plain: dict[int, float], n: int) -> float:
    """How many times as many labels `plain` needs for the accuracy of `better` with n labels."""
    return labels_needed(plain, better[n]) / n
