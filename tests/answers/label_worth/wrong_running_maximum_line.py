# fails: label_worth-1
import math

import numpy as np


def labels_needed(curve, accuracy):
    amounts = sorted(curve)
    best = np.maximum.accumulate([curve[n] for n in amounts])
    if best[0] >= accuracy:
        return float(amounts[0])
    if best[-1] < accuracy:
        return math.inf
    i = int(np.searchsorted(best, accuracy))
    share = (accuracy - best[i - 1]) / (best[i] - best[i - 1])
    return float(amounts[i - 1] * (amounts[i] / amounts[i - 1]) ** share)


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
