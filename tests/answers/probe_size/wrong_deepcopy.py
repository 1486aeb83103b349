# fails: probe_size-1
import copy

from torch import nn


def probe_size(model, head, num_classes):
    path = next(name for name, module in model.named_modules() if module is head)
    other = copy.deepcopy(model)
    bias = head.bias is not None
    new = nn.Linear(head.in_features, num_classes, bias) if isinstance(head, nn.Linear) else nn.Conv2d(head.in_channels, num_classes, 1, bias=bias)
    other.set_submodule(path, new)
    trained = sum(p.numel() for p in new.parameters())
    return trained, trained / sum(p.numel() for p in other.parameters())
