# fails: freeze-2
from torch import nn


def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model):
    model.train()
    for module in model.modules():
        flags = [p.requires_grad for p in module.parameters()]
        if flags and not any(flags):
            module.eval()
            for inner in module.modules():
                if isinstance(inner, nn.Dropout | nn.Dropout2d):
                    inner.p = 0.0
