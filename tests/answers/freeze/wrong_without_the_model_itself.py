# fails: freeze-2
def freeze_backbone(model, head):
    for p in model.parameters():
        p.requires_grad_(False)
    for p in head.parameters():
        p.requires_grad_(True)


def train_mode(model):
    model.train()
    for m in list(model.modules())[1:]:
        ps = list(m.parameters())
        if ps and not any(p.requires_grad for p in ps):
            m.eval()
