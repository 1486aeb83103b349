# four groups from two questions
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    in_head = {id(p) for p in head.parameters()}
    groups = []
    for lr, wanted in ((backbone_lr, False), (head_lr, True)):
        part = [p for p in model.parameters() if p.requires_grad and (id(p) in in_head) == wanted]
        matrices, vectors = [p for p in part if p.ndim > 1], [p for p in part if p.ndim <= 1]
        groups.append({"params": matrices, "lr": lr, "weight_decay": weight_decay})
        groups.append({"params": vectors, "lr": lr, "weight_decay": 0.0})
    return groups
