import math

import numpy as np


def labels_needed(curve, accuracy):
    amounts = sorted(curve)
    heights = [curve[n] for n in amounts]
    i = int(np.searchsorted(np.maximum.accumulate(heights), accuracy))
    if i == 0:
        return float(amounts[0])
    if i == len(amounts):
        return math.inf
    return float(np.exp(np.interp(accuracy, heights[i - 1 : i + 1], np.log(amounts[i - 1 : i + 1]))))


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
