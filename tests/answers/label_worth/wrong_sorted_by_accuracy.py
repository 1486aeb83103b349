# fails: label_worth-1
import math


def labels_needed(curve, accuracy):
    points = sorted(curve.items(), key=lambda item: item[1])
    if points[0][1] >= accuracy:
        return float(points[0][0])
    for (a, p), (b, q) in zip(points, points[1:]):
        if q >= accuracy:
            return math.exp(math.log(a) + (accuracy - p) / (q - p) * (math.log(b) - math.log(a)))
    return math.inf


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
