# logarithm and exponential
import math


def labels_needed(curve, accuracy):
    amounts = sorted(curve)
    if curve[amounts[0]] >= accuracy:
        return float(amounts[0])
    for n, m in zip(amounts, amounts[1:]):
        if curve[m] >= accuracy:
            step = (accuracy - curve[n]) / (curve[m] - curve[n])
            return math.exp(math.log(n) + step * (math.log(m) - math.log(n)))
    return math.inf


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
