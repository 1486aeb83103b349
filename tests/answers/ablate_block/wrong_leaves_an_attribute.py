# fails: ablate_block-2
import torch


def logits_without(model, name, images):
    def shortcut_only(block, inputs, output):
        (x,) = inputs
        block.left_out = True
        return torch.relu(x if block.downsample is None else block.downsample(x))

    handle = model.get_submodule(name).register_forward_hook(shortcut_only)
    try:
        return model(images)
    finally:
        handle.remove()
