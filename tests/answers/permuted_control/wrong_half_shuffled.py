# fails: permuted_control-1
import copy

import torch
from torch import nn


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim >= 2:
            flat = p.data.flatten()
            half = len(flat) // 3
            flat[:half] = flat[:half][torch.randperm(half, generator=generator)]
            p.data = flat.view_as(p)
    for module in result.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.zero_()
            module.running_var.fill_(1)
    return result
