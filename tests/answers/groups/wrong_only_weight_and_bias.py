# fails: groups-1 groups-2
from torch import nn


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    in_head = set(head.modules())
    groups = []
    for module in model.modules():
        lr = head_lr if module in in_head else backbone_lr
        for name in ("weight", "bias"):
            p = getattr(module, name, None)
            if isinstance(p, nn.Parameter) and p.requires_grad:
                decay = weight_decay if p.ndim > 1 else 0.0
                groups.append({"params": [p], "lr": lr, "weight_decay": decay})
    return groups
