from torch import nn


def freeze_backbone(model: nn.Module, head: nn.Module) -> None:
    """Make the parameters of `head`, a module inside `model`, trainable, and no others."""
    wanted = {id(p) for p in head.parameters()}
    for p in model.parameters():
        p.requires_grad_(id(p) in wanted)


def train_mode(model: nn.Module) -> None:
    """Put `model` in training mode, but every module whose parameters are all frozen in eval mode."""
    frozen_modules = []

    def visit(module, parent_trains_in_full):
        flags = [p.requires_grad for p in module.parameters()]
        if not flags:
            if not parent_trains_in_full:
                frozen_modules.append(module)
            return
        if not any(flags):
            frozen_modules.append(module)
            return
        for child in module.children():
            visit(child, all(flags))

    visit(model, True)
    model.train()
    for module in frozen_modules:
        module.eval()
