# a deep copy, a generator
import copy

import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    twin = copy.deepcopy(model)
    twin.zero_grad(set_to_none=True)
    F.cross_entropy(twin(images), labels, reduction="sum").backward()

    def zeros():
        for p in twin.parameters():
            yield from [True] * p.numel() if p.grad is None else (p.grad == 0).flatten().tolist()

    return sum(zeros())
