# fails: groups-1 groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside, seen, groups = {id(p) for p in head.parameters()}, set(), []
    for child in model.children():
        for p in child.parameters():
            if p.requires_grad and id(p) not in seen:
                seen.add(id(p))
                lr = head_lr if id(p) in inside else backbone_lr
                groups.append({"params": [p], "lr": lr, "weight_decay": weight_decay if p.ndim > 1 else 0.0})
    return groups
