# fails: projection-2
from torchvision.models.resnet import BasicBlock, Bottleneck


def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    kinds = (BasicBlock, Bottleneck)
    return [n for n, m in model.named_modules() if type(m) in kinds and m.downsample is not None]
