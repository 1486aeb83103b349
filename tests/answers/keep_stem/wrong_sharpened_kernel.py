# fails: keep_stem-2
import torch
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()
    with torch.no_grad():
        model.conv1.weight.mul_(4)
    return model
