# fails: choose-1 choose-2
import numpy as np


def choose_checkpoint(epochs):
    return np.argmax([record.val_accuracy for record in epochs]) + 1
