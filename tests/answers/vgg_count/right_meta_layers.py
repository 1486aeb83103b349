import torch
from torch import nn


def layers(config, classes):
    with torch.device("meta"):
        inputs, conv = 3, []
        for step in config:
            if step != "M":
                conv.append(nn.Conv2d(inputs, step, 3))
                inputs = step
        linear = [nn.Linear(inputs * 49, 4096), nn.Linear(4096, 4096), nn.Linear(4096, classes)]
    return conv, linear


def vgg_parameters(config, classes=1000):
    return [sum(p.numel() for m in part for p in m.parameters()) for part in layers(config, classes)]


def linear_share(config, classes=1000):
    conv, linear = vgg_parameters(config, classes)
    return 1 - conv / (conv + linear)
