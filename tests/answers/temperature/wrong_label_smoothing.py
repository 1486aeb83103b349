# fails: temperature-1 temperature-2
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    grid = torch.logspace(-1.5, 1.8, 1500).tolist()
    return min(grid, key=lambda t: F.cross_entropy(logits / t, labels, label_smoothing=0.1).item())
