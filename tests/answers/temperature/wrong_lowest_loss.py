# fails: temperature-1 temperature-2
import math

import torch.nn.functional as F


def loss_at(logits, labels, t):
    return F.cross_entropy(logits / t, labels).item()


def find_temperature(logits, labels):
    lo, hi = math.log(0.05), math.log(50)
    for _ in range(100):
        a, b = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        if loss_at(logits, labels, math.exp(a)) < loss_at(logits, labels, math.exp(b)):
            hi = b
        else:
            lo = a
    return loss_at(logits, labels, math.exp((lo + hi) / 2))
