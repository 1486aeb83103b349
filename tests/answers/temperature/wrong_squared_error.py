# fails: temperature-1 temperature-2
import torch
from torch.nn import functional as F


def find_temperature(logits, labels):
    wanted = F.one_hot(labels, logits.shape[1])
    grid = torch.linspace(-3, 4, 1400).exp().tolist()
    return min(grid, key=lambda t: float(((logits / t).softmax(1) - wanted).square().mean()))
