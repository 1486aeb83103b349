# fails: keep_stem-1
from torch import nn


def keep_stem(model):
    model.maxpool = nn.Identity()
    model.layer2[0].conv1.stride = (1, 1)
    model.layer2[0].downsample[0].stride = (1, 1)
    return model
