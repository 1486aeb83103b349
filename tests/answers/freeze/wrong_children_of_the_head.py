# fails: freeze-1
def train_mode(model):
    model.train()
    for m in model.modules():
        ps = list(m.parameters())
        if ps and not any(p.requires_grad for p in ps):
            m.eval()


def freeze_backbone(model, head):
    model.requires_grad_(False)
    for c in head.children():
        for p in c.parameters():
            p.requires_grad = True
    if not list(head.children()):
        head.requires_grad_(True)
