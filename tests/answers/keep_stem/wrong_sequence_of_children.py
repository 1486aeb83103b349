# fails: keep_stem-1 keep_stem-2
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    layers = []
    for name, child in model.named_children():
        if name == "fc":
            layers.append(nn.Flatten())
        if name != "maxpool":
            layers.append(child)
    return nn.Sequential(*layers)
