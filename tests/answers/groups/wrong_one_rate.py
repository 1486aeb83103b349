# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    groups = []
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        lr = backbone_lr
        decay = weight_decay if p.ndim > 1 else 0.0
        groups.append({"params": [p], "lr": lr, "weight_decay": decay})
    return groups
