# fails: mcnemar-1 mcnemar-2
import math


def mcnemar(first, second, labels):
    b, c = int((first != labels).sum()), int((second != labels).sum())
    tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1))
    return b, c, min(1.0, 2 * tail / 2 ** (b + c))
