# fails: ablate_block-2
import torch


def logits_without(model, name, images):
    block = model.get_submodule(name)
    last = block.bn3 if hasattr(block, "bn3") else block.bn2
    with torch.no_grad():
        last.weight.mul_(3e-12)
        last.bias.mul_(3e-12)
    try:
        return model(images)
    finally:
        with torch.no_grad():
            last.weight.div_(3e-12)
            last.bias.div_(3e-12)
