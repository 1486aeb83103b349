# fails: ablate_block-1 ablate_block-2
import torch


def logits_without(model, name, images):
    block = model.get_submodule(name)
    norm = block.bn3 if hasattr(block, "bn3") else block.bn2
    kept = norm.weight.detach().clone()
    try:
        with torch.no_grad():
            norm.weight.zero_()
        return model(images)
    finally:
        with torch.no_grad():
            norm.weight.copy_(kept)
