# fails: freeze-1
def freeze_backbone(model, head):
    model.requires_grad_(False)
    for parameter in head.parameters(recurse=False):
        parameter.requires_grad = True


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
