# fails: groups-2
from torch import nn


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    emb = {id(p) for m in model.modules() if isinstance(m, nn.Embedding) for p in m.parameters()}
    inside = {id(p) for p in head.parameters()}
    return [
        {
            "params": [p],
            "lr": head_lr if id(p) in inside else backbone_lr,
            "weight_decay": weight_decay if p.ndim > 1 and id(p) not in emb else 0.0,
        }
        for p in model.parameters()
        if p.requires_grad
    ]
