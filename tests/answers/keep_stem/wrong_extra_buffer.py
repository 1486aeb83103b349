# fails: keep_stem-2
import torch
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()
    model.register_buffer("input_size", torch.tensor([32, 32]))
    return model
