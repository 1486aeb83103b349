# fails: permuted_control-2
import copy
import torch
from torch import nn


def permuted_control(model, generator):
    r = copy.deepcopy(model).eval()
    for p in r.parameters():
        if p.ndim >= 2:
            p.data = p.data.flatten()[torch.randperm(p.numel(), generator=generator)].reshape(p.shape)
    for m in r.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return r.train(model.training)
