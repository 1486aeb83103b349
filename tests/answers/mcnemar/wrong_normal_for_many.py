# fails: mcnemar-2
from math import comb, erfc, sqrt


def mcnemar(first, second, labels):
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((first != labels) & (second == labels)).sum())
    n = b + c
    if n > 100:
        return b, c, erfc((abs(b - c) - 1) / sqrt(2 * n))
    return b, c, min(1.0, 2 * sum(comb(n, i) for i in range(min(b, c) + 1)) / 2**n)
