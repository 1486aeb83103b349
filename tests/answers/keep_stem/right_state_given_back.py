# a copy of all tensors, given back at the end
import copy

import torch
from torch import nn


def keep_stem(model):
    before = copy.deepcopy(model.state_dict())
    old = model.conv1
    model.conv1 = nn.Conv2d(
        old.in_channels, old.out_channels, old.kernel_size, stride=1, padding=old.padding, bias=old.bias is not None
    ).to(old.weight)
    model.maxpool = nn.MaxPool2d(kernel_size=(1, 1), stride=(1, 1))
    with torch.no_grad():
        model(torch.zeros(2, 3, 32, 32).to(old.weight))
    model.load_state_dict(before, strict=True)
    return model
