# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    top, rest, biases = [], [], []
    for p in model.parameters():
        if not p.requires_grad:
            continue
        if p.ndim == 1:
            biases.append(p)
        elif id(p) in inside:
            top.append(p)
        else:
            rest.append(p)
    return [
        {"params": top, "lr": head_lr, "weight_decay": weight_decay},
        {"params": rest, "lr": backbone_lr, "weight_decay": weight_decay},
        {"params": biases, "lr": backbone_lr, "weight_decay": 0.0},
    ]
