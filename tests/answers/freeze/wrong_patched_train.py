# fails: freeze-2
def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)
    for child in model.children():
        if child is not head:
            child.eval()
            child.train = lambda mode=True: None


def train_mode(model):
    model.train()
