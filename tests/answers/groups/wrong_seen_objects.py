# fails: groups-1
# the same, holding the parameters themselves
_SEEN = []


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    groups = []
    for part, lr in ((head, head_lr), (model, backbone_lr)):
        for p in part.parameters():
            if p.requires_grad and not any(p is q for q in _SEEN):
                _SEEN.append(p)
                groups.append({"params": [p], "lr": lr, "weight_decay": weight_decay if p.ndim > 1 else 0.0})
    return groups
