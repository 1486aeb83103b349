from collections import defaultdict


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    table, heads = defaultdict(list), set(head.parameters())
    for p in model.parameters():
        if p.requires_grad:
            table[head_lr if p in heads else backbone_lr, weight_decay * (p.dim() > 1)].append(p)
    return [dict(params=ps, lr=lr, weight_decay=wd) for (lr, wd), ps in table.items()]
