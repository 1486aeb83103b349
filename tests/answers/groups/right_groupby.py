# itertools.groupby over two questions
from itertools import groupby


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    inside = [id(p) for p in head.parameters()]

    def kind(p):
        return id(p) in inside, p.dim() == 1

    trainable = sorted((p for p in model.parameters() if p.requires_grad), key=kind)
    return [
        {
            "params": list(part),
            "lr": (backbone_lr, head_lr)[of_head],
            "weight_decay": 0.0 if vector else weight_decay,
        }
        for (of_head, vector), part in groupby(trainable, key=kind)
    ]
