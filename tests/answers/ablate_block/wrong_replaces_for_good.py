# fails: ablate_block-2
from torch import nn


def logits_without(model, name, images):
    parent, _, child = name.rpartition(".")
    block = model.get_submodule(name)
    way = nn.Identity() if block.downsample is None else nn.Sequential(block.downsample, nn.ReLU())
    setattr(model.get_submodule(parent), child, way.train(block.training))
    return model(images)
