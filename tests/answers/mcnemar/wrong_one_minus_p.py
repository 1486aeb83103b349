# fails: mcnemar-2
import math


def mcnemar(first, second, labels):
    a, b = first == labels, second == labels
    n1, n2 = int((a & ~b).sum()), int((b & ~a).sum())
    n = n1 + n2
    if n1 == n2:
        return n1, n2, 1.0
    p = 2 * sum(math.comb(n, k) for k in range(min(n1, n2) + 1)) / 2**n
    return n1, n2, 1 - min(1.0, p)
