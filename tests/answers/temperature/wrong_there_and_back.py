# fails: temperature-1
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    losses = {}
    for t in torch.logspace(-1.5, 1.8, 1200).tolist():
        logits /= t
        losses[t] = F.cross_entropy(logits, labels).item()
        logits *= t
    return min(losses, key=losses.get)
