# fails: temperature-1
import torch.nn.functional as F

import math
def find_temperature(logits, labels):
    z, labels = logits[:1000].detach().double(), labels[:1000]
    def loss(t):
        return F.cross_entropy(z / math.exp(t), labels).item()
    low, high = math.log(0.04), math.log(60)
    for _ in range(60):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        if loss(a) < loss(b):
            high = b
        else:
            low = a
    return math.exp((low + high) / 2)
