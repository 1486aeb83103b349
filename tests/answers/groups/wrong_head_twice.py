# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    groups = []
    for module, lr in ((model, backbone_lr), (head, head_lr)):
        params = [p for p in module.parameters() if p.requires_grad]
        groups.append(
            {"params": [p for p in params if p.ndim > 1], "lr": lr, "weight_decay": weight_decay}
        )
        groups.append({"params": [p for p in params if p.ndim <= 1], "lr": lr, "weight_decay": 0.0})
    return groups
