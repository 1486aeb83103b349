# fails: freeze-1
def freeze_backbone(model, head):
    inside = {id(p) for p in head.parameters()}
    for parameter in model.parameters():
        if id(parameter) not in inside:
            parameter.requires_grad = not parameter.requires_grad


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
