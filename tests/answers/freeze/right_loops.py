# flags in loops, top-down, the head's parameters in a set
from torch import nn


def freeze_backbone(model: nn.Module, head: nn.Module) -> None:
    keep = set(head.parameters())
    for parameter in model.parameters():
        parameter.requires_grad = parameter in keep


def is_frozen(module: nn.Module) -> bool:
    flags = [p.requires_grad for p in module.parameters()]
    return len(flags) > 0 and not any(flags)


def train_mode(model: nn.Module) -> None:
    def visit(module):
        if is_frozen(module):
            module.eval()
            return
        module.training = True
        for child in module.children():
            visit(child)

    visit(model)
