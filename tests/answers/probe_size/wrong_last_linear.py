# fails: probe_size-1 probe_size-2
from torch import nn


def probe_size(model, head, num_classes):
    head = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))][-1]
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return trained, trained / (rest + trained)
