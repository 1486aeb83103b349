# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    groups = []
    for module in model.modules():
        for p in module.parameters(recurse=False):
            if p.requires_grad:
                lr = head_lr if id(p) in inside else backbone_lr
                groups.append({"params": [p], "lr": lr, "weight_decay": weight_decay if p.ndim > 1 else 0.0})
    return groups
