def freeze_backbone(model, head):
    for p in set(model.parameters()) ^ set(head.parameters()):
        p.requires_grad = False
    for p in head.parameters():
        p.requires_grad = True


def train_mode(model):
    def go(m, frozen):
        own = list(m.parameters())
        frozen = frozen or bool(own) and all(not p.requires_grad for p in own)
        m.training = not frozen
        for c in m.children():
            go(c, frozen)

    go(model, False)
