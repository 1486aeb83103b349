# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    shapes = {p.shape for p in head.parameters()}
    return [
        {
            "params": [p],
            "lr": head_lr if p.shape in shapes else backbone_lr,
            "weight_decay": weight_decay if p.ndim > 1 else 0.0,
        }
        for p in model.parameters()
        if p.requires_grad
    ]
