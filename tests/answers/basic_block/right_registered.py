import torch
import torch.nn.functional as F
from torch import nn


def conv(before, after, size, stride):
    return nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False)


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        for i, (before, step) in enumerate(((in_channels, stride), (out_channels, 1)), start=1):
            self.add_module(f"conv{i}", conv(before, out_channels, 3, step))
            self.add_module(f"bn{i}", nn.BatchNorm2d(out_channels))
        projects = in_channels != out_channels or stride > 1
        layers = (conv(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))
        self.downsample = nn.Sequential(*layers) if projects else None

    def forward(self, x):
        residual = F.relu(self.bn1(self.conv1(x)), inplace=True)
        residual = self.bn2(self.conv2(residual))
        if self.downsample is not None:
            x = self.downsample(x)
        return torch.clamp(torch.add(residual, x), min=0)
