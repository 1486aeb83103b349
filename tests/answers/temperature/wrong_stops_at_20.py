# fails: temperature-1
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    grid = [0.04 * 1.005**i for i in range(1247)]  # 0.04 to 20
    return min(grid, key=lambda t: F.cross_entropy(logits / t, labels).item())
