import copy

from torch import nn


def logits_without(model, name, images):
    twin = copy.deepcopy(model)
    block = twin.get_submodule(name)
    last = "bn3" if hasattr(block, "bn3") else "bn2"
    nn.init.zeros_(getattr(block, last).weight)
    nn.init.zeros_(getattr(block, last).bias)
    return twin(images)
