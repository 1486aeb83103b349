# fails: choose-1
# nearly equal counts as equal
import math


def choose_checkpoint(epochs):
    top = max(r.val_accuracy for r in epochs)
    return next(r.epoch for r in epochs if math.isclose(r.val_accuracy, top, rel_tol=1e-4))
