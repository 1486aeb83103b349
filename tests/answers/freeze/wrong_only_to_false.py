# fails: freeze-1
def freeze_backbone(model, head):
    head_parameters = {id(p) for p in head.parameters()}
    for parameter in model.parameters():
        if id(parameter) not in head_parameters:
            parameter.requires_grad = False


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
