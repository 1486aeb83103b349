# fails: evaluation-1
import math
import torch
import torch.nn.functional as F


def evaluate(model, batches):
    was = model.training
    model.eval()
    s, c, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            z = model(x)
            s += F.cross_entropy(z, y, reduction="sum").item()
            c += (z.argmax(1) == y).sum().item()
            n += len(y)
    model.train(was)
    return math.exp(s / n), c / n
