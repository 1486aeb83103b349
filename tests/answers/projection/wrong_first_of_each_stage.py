# fails: projection-2
def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    return [f"layer{i}.0" for i in (1, 2, 3, 4)]
