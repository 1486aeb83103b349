from operator import ne


def needs_projection(in_channels, out_channels, stride):
    return any(map(ne, (in_channels, stride), (out_channels, 1)))


def projection_blocks(model, path=""):
    names = []
    for name, child in model.named_children():
        if hasattr(child, "downsample") and child.downsample is not None:
            names.append(path + name)
        names += projection_blocks(child, f"{path}{name}.")
    return names
