# fails: freeze-2
def freeze_backbone(model: nn.Module, head: nn.Module) -> None:
    """Make the parameters of `head`, a module inside `model`, trainable, and no others."""
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model: nn.Module) -> None:
    """Put `model` in training mode, but every module whose parameters are all frozen in eval mode."""
    model.train()
    for module in model.modules():
        own = list(module.parameters())
        if own and not any(p.requires_grad for p in own):
            module.eval()
    if not all(p.requires_grad for p in model.parameters()):
        for module in model.modules():
            if isinstance(module, (nn.Dropout, nn.Dropout2d)):
                module.eval()
