# fails: groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    groups = []
    for p in model.parameters():
        if p.requires_grad and id(p) in inside:
            groups.append({"params": [p], "lr": head_lr, "weight_decay": 0.0})
        elif p.requires_grad:
            groups.append({"params": [p], "lr": backbone_lr, "weight_decay": weight_decay if p.ndim > 1 else 0.0})
    return groups
