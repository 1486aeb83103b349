# fails: permuted_control-1
import copy
import torch
from torch import nn


def permuted_control(model, generator):
    r = copy.deepcopy(model)
    for p in r.parameters():
        if p.ndim >= 2:
            o = list(range(p.numel()))
            for i in range(len(o) - 1, 0, -1):
                j = int(torch.randint(i, (1,), generator=generator))
                o[i], o[j] = o[j], o[i]
            p.data = p.data.flatten()[torch.tensor(o)].reshape(p.shape)
    for m in r.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return r
