# the running maximum, and a ratio to a power
import math


def labels_needed(curve, accuracy):
    points = sorted(curve.items())
    if points[0][1] >= accuracy:
        return float(points[0][0])
    for (n, low), (m, high) in zip(points, points[1:]):
        if high >= accuracy:
            return n * (m / n) ** ((accuracy - low) / (high - low))
    return math.inf


def label_worth(better, plain, n):
    goal = better[n]
    return labels_needed(plain, goal) * (1 / n)
