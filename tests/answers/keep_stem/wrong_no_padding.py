# fails: keep_stem-1
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.conv1.padding = (0, 0)
    model.maxpool = nn.Identity()
    return model
