# fails: projection-2
from torchvision.models.resnet import BasicBlock, Bottleneck


def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    names = []
    for name, block in model.named_modules():
        if isinstance(block, (BasicBlock, Bottleneck)):
            last = block.conv3 if isinstance(block, Bottleneck) else block.conv2
            if needs_projection(block.conv1.in_channels, last.out_channels, block.stride):
                names.append(name)
    return names
