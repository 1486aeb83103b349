# fails: keep_stem-1 keep_stem-2
from torch import nn


def keep_stem(model):
    return model.maxpool, nn.Identity()
