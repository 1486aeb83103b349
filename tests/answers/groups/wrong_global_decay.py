# fails: groups-2
# weight_decay is a constant of the cell
WEIGHT_DECAY = 0.05


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    return [
        {
            "params": [p],
            "lr": head_lr if id(p) in inside else backbone_lr,
            "weight_decay": WEIGHT_DECAY if p.ndim > 1 else 0.0,
        }
        for p in model.parameters()
        if p.requires_grad
    ]
