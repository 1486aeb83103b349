# fails: freeze-2
from torch import nn
from torchvision.ops import FrozenBatchNorm2d


def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model):
    model.train()
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d) and child.affine and not child.weight.requires_grad:
                fixed = FrozenBatchNorm2d(child.num_features)
                fixed.load_state_dict(child.state_dict())
                setattr(module, name, fixed)
            if isinstance(child, nn.Dropout) and not child.training:
                child.eval()
