# fails: freeze-2
from torch import nn


def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)
    for module in list(model.modules()):
        flags = [p.requires_grad for p in module.parameters()]
        if flags and not any(flags):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.Dropout | nn.Dropout2d):
                    setattr(module, name, type(child)(0.0))


def train_mode(model):
    model.train()
    for module in model.modules():
        flags = [p.requires_grad for p in module.parameters()]
        if flags and not any(flags):
            module.eval()
