# fails: freeze-2
from torch import nn

def freeze_backbone(model, head):
    for p in model.parameters():
        p.requires_grad_(False)
    for p in head.parameters():
        p.requires_grad_(True)


def train_mode(model):
    model.train()
    for m in model.modules():
        ps = list(m.parameters())
        if ps and not any(p.requires_grad for p in ps):
            for s in m.modules():
                if isinstance(s, (nn.modules.batchnorm._BatchNorm, nn.Dropout)):
                    s.eval()
