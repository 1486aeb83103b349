# fails: mcnemar-1
# marks the wrong predictions in place
def mcnemar(first, second, labels):
    import math

    first[first != labels] = -1
    second[second != labels] = -2
    b = int(((first == labels) & (second != labels)).sum())
    c = int(((second == labels) & (first != labels)).sum())
    n = b + c
    return b, c, min(1.0, 2 * sum(math.comb(n, i) for i in range(min(b, c) + 1)) / 2**n)
