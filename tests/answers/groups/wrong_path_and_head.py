# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    path = next(name for name, module in model.named_modules() if module is head) + "."
    backbone = [p for name, p in model.named_parameters() if not name.startswith(path)]
    groups = []
    for params, lr in ((backbone, backbone_lr), (head.parameters(), head_lr)):
        params = [p for p in params if p.requires_grad]
        groups.append({"params": [p for p in params if p.ndim > 1], "lr": lr, "weight_decay": weight_decay})
        groups.append({"params": [p for p in params if p.ndim < 2], "lr": lr, "weight_decay": 0.0})
    return groups
