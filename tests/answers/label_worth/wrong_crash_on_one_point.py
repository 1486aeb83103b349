# fails: label_worth-1 label_worth-2
import math


def labels_needed(curve, accuracy):
    points = sorted(curve.items())
    (a, first), (b, second) = points[0], points[1]
    if points[0][1] >= accuracy:
        return float(points[0][0])
    for (n, low), (m, high) in zip(points, points[1:]):
        if high >= accuracy:
            return n * (m / n) ** ((accuracy - low) / (high - low))
    return math.inf


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
