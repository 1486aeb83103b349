from fractions import Fraction
from math import comb


def mcnemar(first, second, labels):
    d = (first == labels).int() - (second == labels).int()
    b, c = (d == 1).sum().item(), (d == -1).sum().item()
    n = b + c
    p = sum(Fraction(comb(n, k), 2**n) for k in range(n + 1) if abs(2 * k - n) >= abs(b - c))
    return b, c, float(p)
