# fails: freeze-1
def freeze_backbone(model, head):
    for module in model.modules():
        module.requires_grad_(module is head)


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
