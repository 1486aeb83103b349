# fails: mcnemar-2
import math


def mcnemar(first, second, labels):
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((second == labels) & (first != labels)).sum())
    return b, c, min(1.0, 2 * math.comb(b + c, b) / 2 ** (b + c))
