# fails: freeze-1
def freeze_backbone(model, head):
    for m in model.modules():
        if m in set(head.modules()):
            continue
        for p in m.parameters(recurse=False):
            p.requires_grad_(False)
    for p in head.parameters():
        p.requires_grad_(True)
    for n, m in model.named_modules():
        if m not in set(head.modules()):
            for p in m.parameters(recurse=False):
                p.requires_grad_(False)


def train_mode(model):
    model.train()
    for m in model.modules():
        ps = list(m.parameters())
        if ps and not any(p.requires_grad for p in ps):
            m.eval()
