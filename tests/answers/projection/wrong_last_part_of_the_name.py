# fails: projection-2
def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    blocks = [(n, m) for n, m in model.named_modules() if getattr(m, "downsample", None) is not None]
    return [name.split(".")[-1] for name, _ in blocks]
