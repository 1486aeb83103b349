# fails: probe_size-1
from torch import nn


def probe_size(model, head, num_classes):
    if isinstance(head, nn.Linear):
        new = nn.Linear(head.in_features, num_classes)
    else:
        new = nn.Conv2d(head.in_channels, num_classes, 1)
    trained = sum(p.numel() for p in new.parameters())
    backbone = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return trained, trained / (backbone + trained)
