# counted by tensors
from math import comb


def mcnemar(first, second, labels):
    first_right, second_right = first == labels, second == labels
    b = (first_right & ~second_right).sum().item()
    c = (~first_right & second_right).sum().item()
    tail = sum(comb(b + c, i) for i in range(min(b, c) + 1))
    return b, c, min(1.0, 2 * tail / 2 ** (b + c))
