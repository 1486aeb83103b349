# a row of each of the head's tensors, as many as there are classes
import math


def probe_size(model, head, num_classes):
    row = sum(math.prod(p.shape[1:]) for p in head.parameters())
    total = 0
    for module in model.modules():
        if module is head:
            total += row * num_classes
        else:
            total += sum(p.numel() for p in module.parameters(recurse=False))
    return row * num_classes, (row * num_classes) / total
