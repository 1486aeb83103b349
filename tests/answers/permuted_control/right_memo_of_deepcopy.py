import torch
from torch import nn

import copy
def permuted_control(model, generator):
    memo = {}
    for p in model.parameters():
        if p.dim() < 2:
            continue
        order = torch.randperm(p.numel(), generator=generator)
        memo[id(p)] = nn.Parameter(p.detach().flatten().index_select(0, order).unflatten(0, p.shape), p.requires_grad)
    twin = copy.deepcopy(model, memo)
    twin.apply(lambda m: m.reset_running_stats() if hasattr(m, "reset_running_stats") else None)
    return twin
