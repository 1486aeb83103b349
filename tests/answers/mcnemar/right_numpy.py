from math import comb

import numpy as np


def mcnemar(first, second, labels):
    one, two, truth = (np.asarray(vector) for vector in (first, second, labels))
    table = np.histogram2d(one == truth, two == truth, bins=[[0, 0.5, 1], [0, 0.5, 1]])[0]
    b, c = int(table[1, 0]), int(table[0, 1])
    tail = sum(comb(b + c, i) for i in range(max(b, c), b + c + 1))
    return b, c, 1.0 if b == c else 2 * tail / 2 ** (b + c)
