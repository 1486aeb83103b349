# fails: mcnemar-1
import math


def mcnemar(first, second, labels):
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((second == labels) & (first != labels)).sum())
    tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1))
    return c, b, min(1.0, 2 * tail / 2 ** (b + c))
