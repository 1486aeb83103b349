# functional_call and numpy
import numpy as np
import torch
from torch.func import functional_call


def untouched_parameters(model, images, labels):
    own = dict(model.named_parameters())
    leaves = {name: p.detach().clone().requires_grad_(p.requires_grad) for name, p in own.items()}
    logits = functional_call(model, leaves, (images,))
    torch.nn.functional.cross_entropy(logits, labels).backward()
    count = 0
    for leaf in leaves.values():
        grad = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy()
        count += np.size(grad) - np.count_nonzero(grad)
    return int(count)
