# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    path = next(name for name, module in model.named_modules() if module is head)
    return [
        {
            "params": [p],
            "lr": head_lr if name.startswith(path) else backbone_lr,
            "weight_decay": weight_decay if p.ndim > 1 else 0.0,
        }
        for name, p in model.named_parameters()
        if p.requires_grad
    ]
