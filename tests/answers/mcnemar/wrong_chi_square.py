# fails: mcnemar-2
import math


def mcnemar(first, second, labels):
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((second == labels) & (first != labels)).sum())
    if b + c == 0:
        return b, c, 1.0
    return b, c, math.erfc(math.sqrt((b - c) ** 2 / (b + c) / 2))
