# an array of sizes
import numpy as np


def trainable_fractions(model, classifier, last):
    sizes = [np.array([np.prod(p.shape) for p in m.parameters()]).sum() for m in (model, classifier, last)]
    return float(sizes[1] / sizes[0]), float(sizes[2] / sizes[0])
