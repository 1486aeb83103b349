# fails: label_worth-1 label_worth-2
import math


def labels_needed(curve, accuracy):
    reached = [n for n, y in curve.items() if y >= accuracy]
    return float(min(reached)) if reached else math.inf


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
