import torch


def logits_without(model, name, images):
    block = model.get_submodule(name)
    way = block.downsample or (lambda x: x)
    block.forward = lambda x: torch.relu(way(x))
    try:
        return model(images)
    finally:
        del block.forward
