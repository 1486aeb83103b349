# fails: temperature-2
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    grid = torch.logspace(-1, 1.8, 1500).tolist()
    return min(grid, key=lambda t: F.cross_entropy(logits / t, labels).item())
