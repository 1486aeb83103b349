# fails: ablate_block-2
import torch


def logits_without(model, name, images):
    def shortcut_only(block, inputs, output):
        (x,) = inputs
        return torch.relu(x if block.downsample is None else block.downsample(x))

    handle = model.get_submodule(name).register_forward_hook(shortcut_only)
    norms = [model.get_submodule(f"{name}.{norm}") for norm in ("bn1", "bn2")]
    modes = [norm.training for norm in norms]
    for norm in norms:
        norm.train()
    try:
        return model(images)
    finally:
        handle.remove()
        for norm, training in zip(norms, modes):
            norm.train(training)
