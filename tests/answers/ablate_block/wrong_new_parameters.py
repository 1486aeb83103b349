# fails: ablate_block-2
import torch
from torch import nn

def logits_without(model, name, images):
    block = model.get_submodule(name)
    norm = getattr(block, "bn3", block.bn2)
    old = norm.weight, norm.bias
    norm.weight, norm.bias = nn.Parameter(torch.zeros_like(norm.weight)), nn.Parameter(torch.zeros_like(norm.bias))
    try:
        return model(images)
    finally:
        norm.weight, norm.bias = nn.Parameter(old[0].data), nn.Parameter(old[1].data)
