# fails: freeze-1
def freeze_backbone(model, head):
    (path,) = [name for name, module in model.named_modules() if module is head]
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith(path)


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
