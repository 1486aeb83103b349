# fails: label_worth-1
import numpy as np


def labels_needed(curve, accuracy):
    amounts = np.array(sorted(curve))
    heights = np.array([curve[n] for n in amounts.tolist()])
    return float(np.exp(np.interp(accuracy, heights, np.log(amounts), right=np.inf)))


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
