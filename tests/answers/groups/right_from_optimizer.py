# an optimizer's own groups
import torch


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    optimizer = torch.optim.SGD([{"params": []}], lr=backbone_lr)
    inside = {id(p) for p in head.parameters()}
    for p in model.parameters():
        if p.requires_grad:
            group = {"params": p, "lr": head_lr if id(p) in inside else backbone_lr}
            group["weight_decay"] = weight_decay if p.ndim > 1 else 0.0
            optimizer.add_param_group(group)
    return [{k: g[k] for k in ("params", "lr", "weight_decay")} for g in optimizer.param_groups[1:]]
