import functools
import math


def _needed(never, curve, accuracy):
    previous = None
    for n, y in sorted(curve.items()):
        if y >= accuracy:
            return float(n) if previous is None else _line(previous, (n, y), accuracy)
        previous = n, y
    return never


def _line(a, b, accuracy):
    (n, low), (m, high) = a, b
    return 2 ** (math.log2(n) + math.log2(m / n) * (accuracy - low) / (high - low))


labels_needed = functools.partial(_needed, math.inf)


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
