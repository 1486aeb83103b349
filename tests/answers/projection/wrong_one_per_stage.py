# fails: projection-2
def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    names = []
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        for i, block in enumerate(getattr(model, stage)):
            if block.downsample is not None:
                names.append(f"{stage}.{i}")
                break
    return names
