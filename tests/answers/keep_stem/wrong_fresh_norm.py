# fails: keep_stem-2
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.bn1 = nn.BatchNorm2d(64)
    model.maxpool = nn.Identity()
    return model
