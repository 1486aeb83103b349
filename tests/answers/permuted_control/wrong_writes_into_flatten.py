# fails: permuted_control-1
import torch
from torch import nn

import copy
def permuted_control(model, generator):
    new = copy.deepcopy(model)
    with torch.no_grad():
        for p in new.parameters():
            if p.dim() >= 2:
                flat = p.flatten()
                flat.copy_(flat[torch.randperm(len(flat), generator=generator)])
    for m in new.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return new
