# fails: freeze-2
from torch import nn


def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine and not module.weight.requires_grad:
            module.track_running_stats = False
            module.running_mean = None
            module.running_var = None
