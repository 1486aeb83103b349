from torch import nn


def logits_without(model, name, images):
    parent, _, child = name.rpartition(".")
    holder, block = model.get_submodule(parent), model.get_submodule(name)
    steps = [m for m in (block.downsample,) if m is not None]
    holder._modules[child] = nn.Sequential(*steps, nn.ReLU())
    try:
        return model(images)
    finally:
        holder._modules[child] = block
