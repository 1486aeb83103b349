import math


def labels_needed(curve, accuracy):
    amounts = sorted(curve)
    reached = [n for n in amounts if curve[n] >= accuracy]
    if not reached:
        return math.inf
    m = reached[0]
    if m == amounts[0]:
        return float(m)
    n = amounts[amounts.index(m) - 1]
    low, high = math.log(n), math.log(m)
    slope = (curve[m] - curve[n]) / (high - low)
    for _ in range(80):
        middle = (low + high) / 2
        if curve[n] + slope * (middle - math.log(n)) >= accuracy:
            high = middle
        else:
            low = middle
    return math.exp(high)


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
