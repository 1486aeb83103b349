# fails: keep_stem-2
from torch import nn


def keep_stem(model):
    return nn.Sequential(nn.Upsample(scale_factor=4), model)
