# fails: projection-2
def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    for name, module in model.named_modules():
        if getattr(module, "downsample", None) is not None:
            yield name
