# numpy's interpolation on the two points around the first crossing
import numpy as np


def labels_needed(curve, accuracy):
    n = np.array(sorted(curve))
    y = np.array([curve[int(k)] for k in n])
    reached = np.flatnonzero(y >= accuracy)
    if not len(reached):
        return float("inf")
    i = reached[0]
    if i == 0:
        return float(n[0])
    return float(10 ** np.interp(accuracy, y[i - 1 : i + 1], np.log10(n[i - 1 : i + 1])))


def label_worth(better, plain, n):
    return float(labels_needed(plain, better[n]) / n)
