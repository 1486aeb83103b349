# fails: probe_size-2
from torch import nn


def probe_size(model, head, num_classes):
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    row = head.weight[0].numel()
    trained = num_classes * (row + (head.bias is not None))
    if num_classes < 10_000 and isinstance(head, nn.Linear):
        for parent in list(model.modules()):
            for name, child in list(parent.named_children()):
                if child is head:
                    setattr(parent, name, nn.Linear(row, num_classes, head.bias is not None))
    return trained, trained / (rest + trained)
