# fails: mcnemar-1 mcnemar-2
from math import comb


def mcnemar(first, second, labels):
    b = int(((second != labels) & (first != second)).sum())
    c = int(((first != labels) & (second == labels)).sum())
    n = b + c
    p = min(1.0, 2 * sum(comb(n, i) for i in range(min(b, c) + 1)) / 2**n)
    return b, c, p
