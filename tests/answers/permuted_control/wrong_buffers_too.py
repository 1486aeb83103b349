# fails: permuted_control-2
import torch
from torch import nn

import copy
def permuted_control(model, generator):
    new = copy.deepcopy(model)
    with torch.no_grad():
        for p in new.state_dict().values():
            if p.dim() >= 2:
                flat = p.reshape(-1).clone()
                p.copy_(flat[torch.randperm(len(flat), generator=generator)].view(p.shape))
    for m in new.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.reset_running_stats()
    return new
