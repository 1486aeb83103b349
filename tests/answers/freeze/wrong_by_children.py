# fails: freeze-2
def freeze_backbone(model, head):
    trainable = dict.fromkeys(map(id, head.parameters()), True)
    for p in model.parameters():
        p.requires_grad_(trainable.get(id(p), False))


def train_mode(model):
    model.training = True
    for child in model.children():
        child.train(any(p.requires_grad for p in child.parameters()))
