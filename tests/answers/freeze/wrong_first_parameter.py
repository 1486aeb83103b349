# fails: freeze-2
def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model):
    for module in model.modules():
        first = next(module.parameters(), None)
        module.train(first is None or first.requires_grad)
