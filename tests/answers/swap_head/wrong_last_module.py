# fails: swap_head-1
from torch import nn


def swap_head(model, num_classes):
    path, old = list(model.named_modules())[-1]
    parent, _, child = path.rpartition(".")
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    setattr(model.get_submodule(parent), child, new)
    return new
