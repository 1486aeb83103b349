# sort random keys, copy in place
from copy import deepcopy

import torch


@torch.no_grad()
def permuted_control(model, generator):
    control = deepcopy(model)
    for p in control.parameters():
        if p.ndim < 2:
            continue
        order = torch.rand(p.numel(), generator=generator).argsort()
        p.copy_(p.clone().reshape(-1)[order].view_as(p))
    for m in control.modules():
        if hasattr(m, "running_mean"):
            m.running_mean.zero_()
            m.running_var.fill_(1)
            m.num_batches_tracked.zero_()
    return control
