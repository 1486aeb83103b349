# fails: basic_block-1 basic_block-2
from torch import nn
from torchvision.models import resnet


class BasicBlock(resnet.BasicBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        downsample = None
        if stride != 1 or in_channels != out_channels:
            downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        super().__init__(in_channels, out_channels, stride, downsample)
