# fails: label_worth-1 label_worth-2
import math


def labels_needed(curve, accuracy):
    return float(min(curve, key=lambda n: abs(curve[n] - accuracy)))


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
