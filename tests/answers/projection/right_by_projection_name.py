def needs_projection(in_channels, out_channels, stride):
    fits = in_channels == out_channels and stride == 1
    return not fits


def projection_blocks(model):
    ends = [name for name, module in model.named_modules() if name.endswith(".downsample")]
    return [name.rpartition(".")[0] for name in ends]
