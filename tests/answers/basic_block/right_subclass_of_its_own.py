import torch
from torch import nn


class Residual(nn.Module):
    def forward(self, x):
        return (self.shortcut(x) + self.branch(x)).clamp_min(0)


class BasicBlock(Residual):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        width, norm = out_channels, nn.BatchNorm2d
        self.conv1, self.bn1 = nn.Conv2d(in_channels, width, 3, stride, 1, bias=False), norm(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), norm(width)
        if in_channels != width or stride > 1:
            self.downsample = nn.Sequential()
            self.downsample.append(nn.Conv2d(in_channels, width, (1, 1), (stride, stride), bias=False))
            self.downsample.append(norm(width))

    def shortcut(self, x):
        return self.downsample(x) if "downsample" in self._modules else x

    def branch(self, x):
        first = self.bn1(self.conv1(x))
        return self.bn2(self.conv2(torch.where(first > 0, first, torch.zeros_like(first))))
