from torch import nn


def swap_head(model, num_classes):
    place = None
    head = None
    for module in model.modules():
        if isinstance(module, nn.Linear):
            head = module
    for parent in model.modules():
        for name, child in parent.named_children():
            if child is head:
                place = parent, name
    new = nn.Linear(head.in_features, num_classes, head.bias is not None)
    setattr(*place, new)
    return new
