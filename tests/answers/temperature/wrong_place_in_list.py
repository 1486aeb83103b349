# fails: temperature-1 temperature-2
import math

import torch
import torch.nn.functional as F


def loss_at(logits, labels, t):
    return F.cross_entropy(logits / t, labels).item()


def find_temperature(logits, labels):
    grid = torch.logspace(math.log10(0.05), math.log10(50), 2000)
    return float(torch.tensor([loss_at(logits, labels, t) for t in grid]).argmin())
    lo, hi = math.log(0.05), math.log(50)
    for _ in range(100):
        a, b = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        if loss_at(logits, labels, math.exp(a)) < loss_at(logits, labels, math.exp(b)):
            hi = b
        else:
            lo = a
    return math.exp((lo + hi) / 2)
