# fails: projection-2
def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    return sorted(
        (n for n, m in model.named_modules() if getattr(m, "downsample", None) is not None),
        key=lambda n: (len(n), n),
    )
