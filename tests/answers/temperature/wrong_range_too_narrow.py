# fails: temperature-1 temperature-2
import math

import torch
import torch.nn.functional as F


def find_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    logits = logits.detach().double()

    def loss(log_t):
        return F.cross_entropy(logits / math.exp(log_t), labels).item()

    low, high = math.log(0.1), math.log(10)
    for _ in range(12):
        grid = [low + (high - low) * i / 20 for i in range(21)]
        best = min(range(21), key=lambda i: loss(grid[i]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 20)]
    return math.exp((low + high) / 2)
