# fails: keep_stem-1
from torch import nn


def keep_stem(model):
    model.maxpool = nn.Identity()
    return model
