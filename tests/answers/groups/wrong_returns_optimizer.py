# fails: groups-1 groups-2
import torch


def parameter_groups(model, head, backbone_lr, head_lr, weight_decay):
    rest = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.SGD(rest, lr=backbone_lr, weight_decay=weight_decay)
