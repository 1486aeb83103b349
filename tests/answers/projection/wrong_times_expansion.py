# fails: projection-1 projection-2
from torchvision.models.resnet import BasicBlock, Bottleneck


def needs_projection(in_channels, out_channels, stride):
    return stride != 1 or in_channels != 4 * out_channels


def projection_blocks(model):
    return [
        n
        for n, m in model.named_modules()
        if isinstance(m, (BasicBlock, Bottleneck))
        and (m.conv1.in_channels != m.conv1.out_channels or m.conv1.stride != (1, 1))
    ]
