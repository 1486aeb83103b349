# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    model.zero_grad()
    own = {id(p) for p in head.parameters()}
    return [
        {
            "params": [p],
            "lr": head_lr if id(p) in own else backbone_lr,
            "weight_decay": 0.0 if p.ndim == 1 else weight_decay,
        }
        for p in model.parameters()
        if p.requires_grad
    ]
