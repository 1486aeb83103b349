# a group for each parameter, sets of parameters
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    top = set(head.parameters())
    return [
        dict(
            params=p,
            lr=head_lr if p in top else backbone_lr,
            weight_decay=weight_decay * (p.dim() > 1),
        )
        for p in filter(lambda p: p.requires_grad, model.parameters())
    ]
