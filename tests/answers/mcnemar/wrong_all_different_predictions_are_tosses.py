# fails: mcnemar-2
import math

import torch


def mcnemar(
    first: torch.Tensor, second: torch.Tensor, labels: torch.Tensor
) -> tuple[int, int, float]:
    first_right, second_right = first == labels, second == labels
    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    n = int((first != second).sum())
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return only_first, only_second, min(1.0, 2 * tail / 2**n)
