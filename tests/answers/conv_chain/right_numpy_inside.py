from functools import partial

import numpy as np


def side(layers, size):
    for kernel, stride, padding in np.array(layers, dtype=np.int64):
        places = np.floor((size + 2 * padding - kernel) / stride) + 1
        if places <= 0:
            return 0
        size = int(places)
    return size


def chain_output(size, layers):
    return side(layers, size)


def smallest_accepted(layers):
    accepted, size = partial(side, layers), 1
    while not accepted(size):
        size += 1
    return size
