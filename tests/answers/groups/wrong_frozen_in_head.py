# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    backbone = [p for p in model.parameters() if p.requires_grad and id(p) not in inside]
    groups = []
    for params, lr in ((backbone, backbone_lr), (list(head.parameters()), head_lr)):
        groups.append({"params": [p for p in params if p.ndim > 1], "lr": lr, "weight_decay": weight_decay})
        groups.append({"params": [p for p in params if p.ndim < 2], "lr": lr, "weight_decay": 0.0})
    return groups
