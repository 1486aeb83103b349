# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    groups = []
    for p in model.parameters():
        if not p.requires_grad:
            continue
        group = {"params": [p], "weight_decay": weight_decay if p.ndim > 1 else 0.0}
        if id(p) in inside:
            group["lr"] = head_lr
        groups.append(group)
    return groups
