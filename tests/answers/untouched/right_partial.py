# a partial object, zeros for what is cleared
from functools import partial

import torch
import torch.nn.functional as F


def count_after(loss, model, images, labels):
    model.zero_grad(set_to_none=False)
    loss(model(images), labels).backward()
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
    return torch.cat([g.reshape(-1) for g in grads]).eq(0).sum().item()


untouched_parameters = partial(count_after, F.cross_entropy)
