# fails: swap_head-1
from torch import nn


def swap_head(model, num_classes):
    name, old = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    setattr(model, name, new)
    return new
