# fails: freeze-1
def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
