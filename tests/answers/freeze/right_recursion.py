# child by child, all the way down
def freeze_backbone(model, head):
    trainable = dict.fromkeys(map(id, head.parameters()), True)
    for p in model.parameters():
        p.requires_grad_(trainable.get(id(p), False))


def train_mode(model):
    flags = [p.requires_grad for p in model.parameters()]
    if flags and not any(flags):
        model.eval()
        return
    model.training = True
    for child in model.children():
        train_mode(child)
