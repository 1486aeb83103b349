# fails: groups-1
def parameter_groups(
    model: nn.Module, head: nn.Module, backbone_lr: float, head_lr: float, weight_decay: float
) -> list[dict]:
    """Groups for a torch optimizer."""
    in_head = {id(p) for p in head.parameters()}
    groups = {
        (is_head, decays): {
            "params": [],
            "lr": head_lr if is_head else backbone_lr,
            "weight_decay": weight_decay if decays else 0.0,
        }
        for is_head in (False, True)
        for decays in (False, True)
    }
    seen = set()
    for layer in model.modules():
        own = list(layer.parameters(recurse=False))
        if not own or not own[0].requires_grad:  # a frozen layer
            continue
        for p in own:
            if id(p) not in seen:
                seen.add(id(p))
                groups[id(p) in in_head, p.ndim >= 2]["params"].append(p)
    return [group for group in groups.values() if group["params"]]
