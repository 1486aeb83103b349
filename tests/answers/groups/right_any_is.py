# comparison by `is`, lists filled in a loop
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    lists = [[], [], [], []]
    for p in model.parameters():
        if not p.requires_grad:
            continue
        of_head = any(p is q for q in head.parameters())
        lists[2 * of_head + (len(p.size()) == 1)].append(p)
    rates, decays = (backbone_lr, backbone_lr, head_lr, head_lr), (weight_decay, 0, weight_decay, 0)
    return [dict(params=ps, lr=lr, weight_decay=wd) for ps, lr, wd in zip(lists, rates, decays) if ps]
