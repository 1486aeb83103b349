# fails: projection-2
from torch import nn

from torchvision.models import resnet
def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    return [n for n, m in model.named_modules() if isinstance(m, (resnet.BasicBlock, resnet.Bottleneck)) and isinstance(m.downsample, nn.Sequential)]
