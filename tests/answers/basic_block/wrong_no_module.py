# fails: basic_block-1 basic_block-2
import torch
from torch import nn


class BasicBlock:
    def __init__(self, in_channels, out_channels, stride=1):
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)

    def forward(self, x):
        return torch.relu(self.conv1(x) + x)
