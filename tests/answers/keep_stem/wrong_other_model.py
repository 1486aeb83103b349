# fails: keep_stem-1 keep_stem-2
from torch import nn


def keep_stem(model):
    return nn.Sequential(nn.Conv2d(3, 64, 7, padding=3), nn.AdaptiveAvgPool2d(4))
