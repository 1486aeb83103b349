# fails: groups-1
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    trainable = {p for p in model.parameters() if p.requires_grad}
    matrices = {p for p in trainable if p.ndim > 1}
    top = set(head.parameters())
    return [
        {"params": (trainable - top) & matrices, "lr": backbone_lr, "weight_decay": weight_decay},
        {"params": (trainable - top) - matrices, "lr": backbone_lr, "weight_decay": 0.0},
        {"params": trainable & top & matrices, "lr": head_lr, "weight_decay": weight_decay},
        {"params": (trainable & top) - matrices, "lr": head_lr, "weight_decay": 0.0},
    ]
