# fails: label_worth-1
import math

def labels_needed(curve, accuracy):
    points = sorted(curve.items())
    if points[0][1] >= accuracy:
        return float(points[0][0])
    for (n0, a0), (n1, a1) in zip(points, points[1:]):
        if a1 >= accuracy - 0.005:
            t = (accuracy - a0) / (a1 - a0)
            return math.exp(math.log(n0) + t * (math.log(n1) - math.log(n0)))
    return math.inf


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
