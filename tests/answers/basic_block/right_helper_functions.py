from functools import partial

from torch import nn

conv3, conv1 = (partial(nn.Conv2d, kernel_size=k, padding=k // 2, bias=False) for k in (3, 1))


class BasicBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        nn.Module.__init__(self)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.conv1 = conv3(in_channels, out_channels, stride=stride)
        self.conv2 = conv3(out_channels, out_channels)
        self.rectify = nn.ReLU(inplace=True)
        if in_channels == out_channels and stride == 1:
            self.downsample = nn.Sequential()
        else:
            self.downsample = nn.Sequential(
                conv1(in_channels, out_channels, stride=stride), nn.BatchNorm2d(out_channels)
            )

    def branch(self, x):
        for layer in (self.conv1, self.bn1, self.rectify, self.conv2, self.bn2):
            x = layer(x)
        return x

    def forward(self, x):
        return self.rectify(self.downsample(x).add(self.branch(x)))
