# fails: label_worth-2
import math


def labels_needed(curve, accuracy):
    pts = sorted(curve.items())
    if pts[0][1] >= accuracy:
        return float(pts[0][0])
    for (n0, a0), (n1, a1) in zip(pts, pts[1:]):
        if a1 >= accuracy:
            return math.exp(math.log(n0) + (accuracy - a0) / (a1 - a0) * (math.log(n1) - math.log(n0)))
    return math.inf


def label_worth(better, plain, n):
    needed = labels_needed(plain, better[n])
    return needed / n if needed < max(plain) else math.inf
