# fails: keep_stem-1
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.MaxPool2d(1, 2)
    return model
