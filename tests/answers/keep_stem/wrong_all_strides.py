# fails: keep_stem-1
from torch import nn


def keep_stem(model):
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.stride = (1, 1)
    model.maxpool = nn.Identity()
    return model
