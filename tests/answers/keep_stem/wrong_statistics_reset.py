# fails: keep_stem-2
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    return model
