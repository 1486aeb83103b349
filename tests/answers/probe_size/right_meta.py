import torch
from torch import nn


def probe_size(model, head, num_classes):
    bias = head.bias is not None
    if isinstance(head, nn.Linear):
        new = nn.Linear(head.in_features, num_classes, bias=bias, device="meta")
    else:
        new = nn.Conv2d(head.in_channels, num_classes, 1, bias=bias, device="meta")

    def size(module):
        return sum(map(torch.Tensor.numel, module.parameters()))

    return size(new), size(new) / (size(model) - size(head) + size(new))
