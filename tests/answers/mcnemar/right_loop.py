# one image after the other
import math


def mcnemar(first, second, labels):
    b = c = 0
    for one, two, label in zip(first.tolist(), second.tolist(), labels.tolist()):
        if one == label != two:
            b += 1
        if two == label != one:
            c += 1
    if b == c:
        return b, c, 1.0
    ways = [math.comb(b + c, heads) for heads in range(b + c + 1)]
    as_uneven = [w for heads, w in enumerate(ways) if abs(2 * heads - b - c) >= abs(b - c)]
    return b, c, sum(as_uneven) / sum(ways)
