def projection_blocks(model):
    names = [k.split(".downsample.")[0] for k in model.state_dict() if ".downsample." in k]
    return list(dict.fromkeys(names))


def needs_projection(in_channels, out_channels, stride):
    return (in_channels, stride) != (out_channels, 1)
