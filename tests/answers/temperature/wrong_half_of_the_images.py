# fails: temperature-1 temperature-2
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    logits, labels = logits[: len(logits) // 2], labels[: len(labels) // 2]
    grid = torch.logspace(-1.5, 1.8, 1500).tolist()
    return min(grid, key=lambda t: F.cross_entropy(logits / t, labels).item())
