import functools


def swap_head(model, num_classes):
    old = functools.reduce(lambda a, b: b if isinstance(b, nn.Linear) else a, model.modules())
    new = nn.Linear(old.in_features, num_classes, bias="bias" in dict(old.named_parameters()))
    for owner in model.modules():
        for name, child in owner.named_children():
            if child is old:
                setattr(owner, name, new)
    return new
