# fails: freeze-2
def freeze_backbone(model, head):
    for p in model.parameters():
        p.requires_grad = False
    for p in head.parameters():
        p.requires_grad = True
    model.the_head = [head]


def train_mode(model):
    if all(p.requires_grad for p in model.parameters()):
        model.train()
        return
    model.eval()
    model.training = True
    for head in model.the_head:
        head.train()
