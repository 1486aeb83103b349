# fails: keep_stem-1
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()
    block = model.layer4[0]
    block.conv1.stride = block.downsample[0].stride = (1, 1)
    return model
