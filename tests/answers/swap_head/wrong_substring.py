# fails: swap_head-1 swap_head-2
from torch import nn


def swap_head(model, num_classes):
    for name, layer in list(model.named_modules()):
        if "fc" in name and isinstance(layer, nn.Linear):
            parent, _, child = name.rpartition(".")
            new = nn.Linear(layer.in_features, num_classes)
            setattr(model.get_submodule(parent), child, new)
            return new
    return None
