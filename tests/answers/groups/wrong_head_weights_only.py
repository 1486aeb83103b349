# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    head_weights = {id(m.weight) for m in head.modules() if hasattr(m, "weight")}
    groups = []
    for p in model.parameters():
        if p.requires_grad:
            lr = head_lr if id(p) in head_weights else backbone_lr
            decay = 0.0 if p.ndim == 1 else weight_decay
            groups.append(dict(params=[p], lr=lr, weight_decay=decay))
    return groups
