# collected in a dictionary, generators in the groups, a tuple returned
from collections import defaultdict


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    top = {id(p) for p in head.parameters()}
    found = defaultdict(list)
    for p in model.parameters():
        if p.requires_grad:
            key = (head_lr if id(p) in top else backbone_lr, len(p.shape) > 1)
            found[key].append(p)
    return tuple(
        {"params": iter(params), "lr": lr, "weight_decay": weight_decay if decays else 0.0}
        for (lr, decays), params in found.items()
    )
