# fails: groups-1 groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    trainable = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    rest = [pair for pair in trainable if id(pair[1]) not in inside]
    top = [pair for pair in trainable if id(pair[1]) in inside]
    return [
        {"params": rest, "lr": backbone_lr, "weight_decay": weight_decay},
        {"params": top, "lr": head_lr, "weight_decay": weight_decay},
    ]
