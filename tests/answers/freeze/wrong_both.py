# fails: freeze-1 freeze-2
def freeze_backbone(model, head):
    for name, parameter in model.named_parameters():
        if "fc" not in name:
            parameter.requires_grad = False


def train_mode(model):
    model.train()
