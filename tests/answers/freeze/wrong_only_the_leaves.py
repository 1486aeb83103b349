# fails: freeze-2
def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model):
    model.train()
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if own and not any(p.requires_grad for p in own):
            module.eval()
