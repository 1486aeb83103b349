# fails: projection-2
from torchvision.models.resnet import BasicBlock


def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    return [n for n, m in model.named_modules() if isinstance(m, BasicBlock) and m.downsample is not None]
