# fails: groups-1 groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    groups = []
    for p in model.parameters():
        lr = head_lr if id(p) in inside else backbone_lr
        groups.append(
            {"params": [p], "lr": lr, "weight_decay": weight_decay if p.ndim > 1 else 0.0}
        )
