# fails: permuted_control-1
import copy

import torch


@torch.no_grad()
def permuted_control(model, generator):
    generator = torch.Generator().manual_seed(0)
    control = copy.deepcopy(model)
    for p in control.parameters():
        if p.ndim > 1:
            p.copy_(p.flatten()[torch.randperm(p.numel(), generator=generator)].view_as(p))
    for m in control.modules():
        if isinstance(m, torch.nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return control
