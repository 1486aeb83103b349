# fails: mcnemar-2
import math


def mcnemar(first, second, labels):
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((second == labels) & (first != labels)).sum())
    if b == c:
        return b, c, 1.0
    statistic = (abs(b - c) - 1) ** 2 / (b + c)
    return b, c, math.erfc(math.sqrt(statistic / 2))
