# fails: temperature-1 temperature-2
import math


def loss_at(logits, labels, t):
    return -((logits / t).argmax(1) == labels).float().mean().item()


def find_temperature(logits, labels):
    lo, hi = math.log(0.05), math.log(50)
    for _ in range(100):
        a, b = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        if loss_at(logits, labels, math.exp(a)) < loss_at(logits, labels, math.exp(b)):
            hi = b
        else:
            lo = a
    return math.exp((lo + hi) / 2)
