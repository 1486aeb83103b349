# fails: permuted_control-2
import copy

import torch
from torch import nn


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim >= 2:
            p.data = p.data.flatten()[torch.randperm(p.numel(), generator=generator)].view_as(p)
    for module in result.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.zero_()
            module.running_var.fill_(1)
    for name, buffer in result.named_buffers():
        if "running" not in name:
            buffer.zero_()
    return result
