# fails: swap_head-1 swap_head-2
from torch import nn


def swap_head(model, num_classes):
    path, old = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    new = nn.Linear(old.in_features, num_classes, bias=False)
    model.set_submodule(path, new)
    return new
