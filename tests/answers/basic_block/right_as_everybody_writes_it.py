import torch
from torch import nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with norms, whose result is added to the shortcut; then a ReLU."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super(BasicBlock, self).__init__()
        self.conv1 = nn.Conv2d(
            in_channels, out_channels, kernel_size=(3, 3), stride=(stride, stride), padding=(1, 1), bias=False
        )
        self.bn1 = nn.BatchNorm2d(num_features=out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(
            out_channels, out_channels, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False
        )
        self.bn2 = nn.BatchNorm2d(num_features=out_channels)
        needs_projection = in_channels != out_channels or stride > 1
        if needs_projection:
            projection = nn.Conv2d(
                in_channels, out_channels, kernel_size=(1, 1), stride=(stride, stride), bias=False
            )
            norm = nn.BatchNorm2d(num_features=out_channels)
            self.downsample = nn.Sequential(projection, norm)
        else:
            self.downsample = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        out = self.relu(out)
        return out
