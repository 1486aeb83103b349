# fails: groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    trainable = [p for p in model.parameters() if p.requires_grad]
    top = [p for p in trainable if id(p) in inside]
    rest = [p for p in trainable if id(p) not in inside]
    return [
        {"params": rest, "lr": backbone_lr, "weight_decay": weight_decay},
        {"params": top, "lr": head_lr, "weight_decay": weight_decay},
    ]
