# fails: temperature-1 temperature-2
import torch.nn.functional as F


def find_temperature(logits, labels):
    grid = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0]
    losses = [F.cross_entropy(logits / t, labels).item() for t in grid]
    return grid[losses.index(min(losses))]
