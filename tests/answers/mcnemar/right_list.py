from math import comb


def mcnemar(first, second, labels):
    lead = (first == labels).int() - (second == labels).int()
    b, c = int((lead == 1).sum()), int((lead == -1).sum())
    ways = [comb(b + c, heads) for heads in range(b + c + 1)]
    far = sum(way for heads, way in enumerate(ways) if abs(2 * heads - b - c) >= abs(b - c))
    return [b, c, far / 2 ** (b + c)]
