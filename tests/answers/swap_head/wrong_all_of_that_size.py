# fails: swap_head-1
from torch import nn


def swap_head(model, num_classes):
    path, old = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = path.rpartition(".")
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.Linear) and layer.out_features == old.out_features and layer is not old:
            where, _, key = name.rpartition(".")
            setattr(model.get_submodule(where), key, nn.Linear(layer.in_features, num_classes))
    setattr(model.get_submodule(parent), child, new)
    return new
