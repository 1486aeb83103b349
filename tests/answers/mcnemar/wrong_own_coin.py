# fails: mcnemar-2
from math import comb


def mcnemar(first, second, labels):
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((first != labels) & (second == labels)).sum())
    n = b + c
    coin = b / n if n else 0.5
    ways = (comb(n, i) * coin**i * (1 - coin) ** (n - i) for i in range(min(b, c) + 1))
    return b, c, min(1.0, 2 * sum(ways))
