# fails: groups-2
def parameter_groups(
    model: nn.Module, head: nn.Module, backbone_lr: float, head_lr: float, weight_decay: float
) -> list[dict]:
    """Groups for a torch optimizer."""
    in_head = {id(p) for p in head.parameters()}
    groups = []
    for of_head, lr in ((False, backbone_lr), (True, head_lr)):
        params = [p for p in model.parameters() if p.requires_grad and (id(p) in in_head) == of_head]
        weights = [p for p in params if p.ndim in (2, 4)]
        others = [p for p in params if p.ndim not in (2, 4)]
        if weights:
            groups.append({"params": weights, "lr": lr, "weight_decay": weight_decay})
        if others:
            groups.append({"params": others, "lr": lr, "weight_decay": 0.0})
    return groups
