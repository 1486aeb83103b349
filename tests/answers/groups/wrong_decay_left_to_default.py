# fails: groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    groups = []
    for p in model.parameters():
        if p.requires_grad:
            group = {"params": [p], "lr": head_lr if id(p) in inside else backbone_lr}
            if p.ndim > 1:
                group["weight_decay"] = weight_decay
            groups.append(group)
    return groups
