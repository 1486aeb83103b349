from torchvision.models.resnet import BasicBlock, Bottleneck


def needs_projection(in_channels, out_channels, stride):
    if stride > 1:
        return True
    return not in_channels == out_channels


def projection_blocks(model):
    blocks = {n: m for n, m in model.named_modules() if isinstance(m, (BasicBlock, Bottleneck))}
    return [n for n in blocks if blocks[n].downsample is not None]
