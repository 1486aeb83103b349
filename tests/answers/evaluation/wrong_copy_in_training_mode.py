# fails: evaluation-2
import copy

import torch
import torch.nn.functional as F


def evaluate(model, batches):
    twin = copy.deepcopy(model)
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = twin(x)
            loss_sum += F.cross_entropy(logits, y).item() * len(y)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(y)
    return loss_sum / n, correct / n
