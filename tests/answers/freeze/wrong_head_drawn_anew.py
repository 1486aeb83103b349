# fails: freeze-1
from torch import nn

def freeze_backbone(model, head):
    for p in model.parameters():
        p.requires_grad_(False)
    for p in head.parameters():
        p.requires_grad_(True)
    for m in head.modules():
        if isinstance(m, nn.Linear):
            m.reset_parameters()


def train_mode(model):
    model.train()
    for m in model.modules():
        ps = list(m.parameters())
        if ps and not any(p.requires_grad for p in ps):
            m.eval()
