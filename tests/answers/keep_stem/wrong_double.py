# fails: keep_stem-1 keep_stem-2
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()
    return model.double()
