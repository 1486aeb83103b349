# fails: mcnemar-2
import math


def mcnemar(first, second, labels):
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((second == labels) & (first != labels)).sum())
    n = b + c
    return b, c, round(min(1.0, 2 * sum(math.comb(n, i) for i in range(min(b, c) + 1)) / 2**n), 4)
