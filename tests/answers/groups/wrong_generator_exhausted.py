# fails: groups-1 groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    top = head.parameters()
    inside = {id(p) for p in top}
    groups = []
    for params, lr in (
        ([p for p in model.parameters() if id(p) not in inside], backbone_lr),
        (top, head_lr),
    ):
        for p in params:
            if p.requires_grad:
                decay = weight_decay if p.ndim > 1 else 0.0
                groups.append({"params": [p], "lr": lr, "weight_decay": decay})
    return groups
