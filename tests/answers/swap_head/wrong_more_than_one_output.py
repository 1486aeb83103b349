# fails: swap_head-1
from torch import nn

def swap_head(model, num_classes):
    old = [m for m in model.modules() if isinstance(m, nn.Linear) and m.out_features > 1][-1]
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    for m in model.modules():
        for n, c in list(m._modules.items()):
            if c is old:
                m._modules[n] = new
    return new
