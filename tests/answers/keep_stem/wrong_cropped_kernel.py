# fails: keep_stem-2
from torch import nn


def keep_stem(model):
    centre = model.conv1.weight[:, :, 2:5, 2:5].detach().clone()
    model.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
    model.conv1.weight = nn.Parameter(centre)
    model.maxpool = nn.Identity()
    return model
