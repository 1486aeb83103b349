# fails: ablate_block-1
import torch


def logits_without(model, name, images):
    def shortcut_only(block, inputs, output):
        (x,) = inputs
        return torch.relu(x if block.downsample is None else block.downsample(x))

    handles = [
        module.register_forward_hook(shortcut_only)
        for path, module in model.named_modules()
        if path.startswith(name) and hasattr(module, "downsample")
    ]
    try:
        return model(images)
    finally:
        for handle in handles:
            handle.remove()
