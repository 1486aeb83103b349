# fails: groups-1
# frozen parameters of the head are opened
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    g = [
        {
            "params": [p],
            "lr": head_lr if id(p) in inside else backbone_lr,
            "weight_decay": weight_decay if p.ndim > 1 else 0.0,
        }
        for p in model.parameters()
        if p.requires_grad
    ]
    for p in head.parameters():
        p.requires_grad_(True)
    return g
