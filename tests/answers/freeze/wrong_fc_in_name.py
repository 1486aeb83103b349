# fails: freeze-1
def freeze_backbone(model, head):
    for name, parameter in model.named_parameters():
        if "fc" not in name:
            parameter.requires_grad = False


def train_mode(model):
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()
