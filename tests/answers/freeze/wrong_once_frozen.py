# fails: freeze-2
def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)
    model.frozen_children = [child for child in model.children() if child is not head]


def train_mode(model):
    model.train()
    for child in model.frozen_children:
        child.eval()
