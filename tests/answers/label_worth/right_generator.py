from math import exp, inf, log


def crossings(curve, accuracy):
    points = sorted(curve.items())
    n, y = points[0]
    if y >= accuracy:
        yield n
    for m, z in points[1:]:
        if y < accuracy <= z:
            yield exp(log(n) + (log(m) - log(n)) * (accuracy - y) / (z - y))
        n, y = m, z


def labels_needed(curve, accuracy):
    return float(next(crossings(curve, accuracy), inf))


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
