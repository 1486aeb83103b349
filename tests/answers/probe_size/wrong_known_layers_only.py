# fails: probe_size-2
from torch import nn


def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d, nn.BatchNorm2d)) and m is not head]
    rest = sum(p.numel() for layer in layers for p in layer.parameters())
    return trained, trained / (rest + trained)
