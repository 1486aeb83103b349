# fails: projection-1
def needs_projection(in_channels, out_channels, stride):
    return int(in_channels != out_channels or stride != 1)


def projection_blocks(model):
    names = []
    for name, module in model.named_modules():
        if getattr(module, "downsample", None) is not None:
            names.append(name)
    return names
