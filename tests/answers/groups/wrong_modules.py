# fails: groups-1 groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    return [
        {"params": model, "lr": backbone_lr, "weight_decay": weight_decay},
        {"params": head, "lr": head_lr, "weight_decay": weight_decay},
    ]
