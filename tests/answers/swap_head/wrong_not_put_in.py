# fails: swap_head-1 swap_head-2
from torch import nn


def swap_head(model, num_classes):
    head = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
    return nn.Linear(head.in_features, num_classes, bias=head.bias is not None)
