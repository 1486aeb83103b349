import math
from typing import NamedTuple


class Result(NamedTuple):
    only_first: int
    only_second: int
    p: float


def mcnemar(first, second, labels):
    a, b = first == labels, second == labels
    x, y = int((a & ~b).sum()), int((b & ~a).sum())
    n = x + y
    return Result(x, y, min(1.0, 2 * sum(math.comb(n, k) for k in range(min(x, y) + 1)) / 2**n))
