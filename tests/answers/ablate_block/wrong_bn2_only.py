# fails: ablate_block-1
import torch


@torch.no_grad()
def logits_without(model, name, images):
    norm = model.get_submodule(name).bn2
    kept = norm.weight.clone(), norm.bias.clone()
    norm.weight.zero_()
    norm.bias.zero_()
    try:
        return model(images)
    finally:
        norm.weight.copy_(kept[0])
        norm.bias.copy_(kept[1])
