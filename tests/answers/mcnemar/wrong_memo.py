# fails: mcnemar-2
# p is remembered by the number of tosses
_p = {}


def mcnemar(first, second, labels):
    import math

    b = int(((first == labels) & (second != labels)).sum())
    c = int(((second == labels) & (first != labels)).sum())
    n = b + c
    return b, c, _p.setdefault(n, min(1.0, 2 * sum(math.comb(n, i) for i in range(min(b, c) + 1)) / 2**n))
