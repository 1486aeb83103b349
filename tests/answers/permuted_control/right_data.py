# .data, an index, a new tensor
import copy

import torch
from torch import nn


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim >= 2:
            shuffled = p.data.flatten()[torch.randperm(p.numel(), generator=generator)]
            p.data = shuffled.reshape(p.shape)
    for module in result.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            module.reset_running_stats()
    return result
