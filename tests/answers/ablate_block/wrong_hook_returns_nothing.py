# fails: ablate_block-1 ablate_block-2
import torch


def logits_without(model, name, images):
    block = model.get_submodule(name)

    def shortcut_only(block, inputs, output):
        x = inputs[0]
        torch.relu(x if block.downsample is None else block.downsample(x))

    handle = block.register_forward_hook(shortcut_only)
    try:
        return model(images)
    finally:
        handle.remove()
