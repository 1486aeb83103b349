# fails: permuted_control-1
import copy
import torch
from torch import nn


def permuted_control(model, generator):
    r = copy.deepcopy(model)
    orders = {}
    for p in r.parameters():
        if p.ndim >= 2:
            o = orders.setdefault(p.numel(), torch.randperm(p.numel(), generator=generator))
            p.data = p.data.flatten()[o].reshape(p.shape)
    for m in r.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return r
