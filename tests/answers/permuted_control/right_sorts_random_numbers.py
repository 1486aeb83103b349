import copy
import numpy as np
import torch


def permuted_control(model, generator):
    r = copy.deepcopy(model)
    with torch.no_grad():
        for p in r.parameters():
            if p.dim() > 1:
                order = torch.rand(p.numel(), generator=generator, dtype=torch.float64).numpy().argsort()
                p.copy_(torch.from_numpy(p.numpy().ravel()[order].reshape(p.shape)))
    for m in r.modules():
        if hasattr(m, "running_mean") and m.running_mean is not None:
            m.running_mean.zero_()
            m.running_var.fill_(1)
            m.num_batches_tracked.zero_()
    return r
