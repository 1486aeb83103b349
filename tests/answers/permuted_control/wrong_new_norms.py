# fails: permuted_control-2
import copy

import torch
from torch import nn


def permuted_control(model, generator):
    result = copy.deepcopy(model)
    for p in result.parameters():
        if p.ndim >= 2:
            p.data = p.data.flatten()[torch.randperm(p.numel(), generator=generator)].view_as(p)
    for path, module in list(result.named_modules()):
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            parent, _, name = path.rpartition(".")
            new = type(module)(module.num_features).train(module.training)
            new.weight, new.bias = module.weight, module.bias
            setattr(result.get_submodule(parent), name, new)
    return result
