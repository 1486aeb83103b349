# fails: ablate_block-2
import torch


def logits_without(model, name, images):
    block = model.get_submodule(name)
    block.forward = lambda x: torch.relu(x if block.downsample is None else block.downsample(x))
    return model(images)
