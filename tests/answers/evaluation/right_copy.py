# a copy of the model, frozen for good
import copy

import torch.nn.functional as F


def evaluate(model, batches):
    twin = copy.deepcopy(model).eval().requires_grad_(False)
    loss, right, images = 0.0, 0, 0
    for x, y in batches:
        logits = twin(x)
        loss += F.cross_entropy(logits, y, reduction="sum").item()
        right += int((logits.argmax(dim=1) == y).sum())
        images += len(y)
    return loss / images, right / images
