# fails: keep_stem-2
import torch
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()
    print(model(torch.randn(2, 3, 32, 32)).shape)
    return model
