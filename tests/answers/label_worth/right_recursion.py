import math


def labels_needed(curve, accuracy):
    (n, low), *rest = sorted(curve.items())
    if low >= accuracy:
        return float(n)
    if not rest:
        return math.inf
    m, high = rest[0]
    if high < accuracy:
        return labels_needed(dict(rest), accuracy)
    return math.exp(math.log(n) + math.log(m / n) * (accuracy - low) / (high - low))


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
