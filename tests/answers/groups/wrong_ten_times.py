# fails: groups-1
# the head's rate is ten times the backbone's
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    return [
        {
            "params": [p],
            "lr": 10 * backbone_lr if id(p) in inside else backbone_lr,
            "weight_decay": weight_decay if p.ndim > 1 else 0.0,
        }
        for p in model.parameters()
        if p.requires_grad
    ]
