# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    for p in head.parameters():
        p.in_head = True
    return [
        {
            "params": [p],
            "lr": head_lr if getattr(p, "in_head", False) else backbone_lr,
            "weight_decay": weight_decay if p.ndim > 1 else 0.0,
        }
        for p in model.parameters()
        if p.requires_grad
    ]
