# fails: groups-2
from torch import nn


NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    norms = {id(p) for m in model.modules() if isinstance(m, NORMS) for p in m.parameters()}
    groups = []
    for name, p in model.named_parameters():
        if p.requires_grad:
            lr = head_lr if id(p) in inside else backbone_lr
            decay = 0.0 if id(p) in norms or name.endswith("bias") else weight_decay
            groups.append({"params": [p], "lr": lr, "weight_decay": decay})
    return groups
