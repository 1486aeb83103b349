# numpy's argmax
import numpy as np


def choose_checkpoint(epochs):
    return epochs[int(np.argmax([record.val_accuracy for record in epochs]))].epoch
