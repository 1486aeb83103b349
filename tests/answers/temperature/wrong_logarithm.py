# fails: temperature-1 temperature-2
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    grid = torch.logspace(-2, 2, 1000).tolist()
    losses = [F.cross_entropy(logits / t, labels).item() for t in grid]
    best = grid[losses.index(min(losses))]
    return torch.tensor(best).log().item()
