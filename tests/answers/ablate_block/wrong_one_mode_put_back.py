# fails: ablate_block-2
def logits_without(model: nn.Module, name: str, images: torch.Tensor) -> torch.Tensor:
    """Logits [N, C] when the block `name` gives relu(shortcut) alone; the model is left as it was."""

    was_training = model.training

    def shortcut_only(block, inputs, output):
        x = inputs[0]
        return F.relu(x if block.downsample is None else block.downsample(x))

    handle = model.get_submodule(name).register_forward_hook(shortcut_only)
    try:
        return model(images)
    finally:
        handle.remove()
        model.train(was_training)
