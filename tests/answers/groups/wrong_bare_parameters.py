# fails: groups-1 groups-2
def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    return [p for p in model.parameters() if p.requires_grad]
