# fails: groups-1 groups-2
def split(params, lr, weight_decay):
    matrices = [p for p in params if p.ndim > 1]
    vectors = [p for p in params if p.ndim <= 1]
    return [
        {"params": matrices, "lr": lr, "weight_decay": weight_decay},
        {"params": vectors, "lr": lr, "weight_decay": 0.0},
    ]


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = {id(p) for p in head.parameters()}
    everything = [p for p in model.parameters() if p.requires_grad]
    backbone = (p for p in everything if id(p) not in inside)
    top = [p for p in everything if id(p) in inside]
    return split(backbone, backbone_lr, weight_decay) + split(top, head_lr, weight_decay)
