# a row of each of the head's tensors, as many as there are classes
import math


def probe_size(model, head, num_classes):
    row = sum(math.prod(p.shape[1:]) for p in head.parameters())
    counted = {}
    for module in model.modules():
        if module is head:
            counted[head] = row * num_classes
        else:
            counted |= {p: p.numel() for p in module.parameters(recurse=False)}
    return row * num_classes, (row * num_classes) / sum(counted.values())
