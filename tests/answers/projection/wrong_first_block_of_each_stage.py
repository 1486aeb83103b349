# fails: projection-2
from torch import nn
from torchvision.models.resnet import BasicBlock as TorchvisionBlock
from torchvision.models.resnet import Bottleneck


def needs_projection(in_channels: int, out_channels: int, stride: int) -> bool:
    return in_channels != out_channels or stride != 1


def projection_blocks(model: nn.Module) -> list[str]:
    stages = ("layer1", "layer2", "layer3", "layer4")
    return [f"{stage}.0" for stage in stages if getattr(model, stage)[0].downsample is not None]
