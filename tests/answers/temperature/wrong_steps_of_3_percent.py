# fails: temperature-1 temperature-2
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    grid = [0.04 * 1.035**i for i in range(220)]
    return min(grid, key=lambda t: F.cross_entropy(logits / t, labels).item())
