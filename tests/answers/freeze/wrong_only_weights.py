# fails: freeze-1
def freeze_backbone(model, head):
    for module in model.modules():
        if hasattr(module, "weight"):
            module.weight.requires_grad = False
    head.requires_grad_(True)


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
