# fails: swap_head-1
import torch
from torch import nn

def swap_head(model, num_classes):
    old = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
    import copy
    new = copy.deepcopy(old)
    new.weight = nn.Parameter(torch.randn(num_classes, old.in_features) * 0.01)
    if old.bias is not None:
        new.bias = nn.Parameter(torch.zeros(num_classes))
    for m in model.modules():
        for n, c in list(m._modules.items()):
            if c is old:
                m._modules[n] = new
    return new
