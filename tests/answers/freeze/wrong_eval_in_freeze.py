# fails: freeze-2
def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)
    model.eval()
    head.train()


def train_mode(model):
    pass
