# fails: mcnemar-1
import math


def mcnemar(first, second, labels):
    b = ((first == labels) & (second != labels)).sum()
    c = ((second == labels) & (first != labels)).sum()
    n, m = b.item(), c.item()
    tail = sum(math.comb(n + m, i) for i in range(min(n, m) + 1))
    return b, c, min(1.0, 2 * tail / 2 ** (n + m))
