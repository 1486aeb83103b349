# fails: freeze-2
def freeze_backbone(model, head):
    model.requires_grad_(False)
    head.requires_grad_(True)


def train_mode(model):
    model.train()
    for module in model.modules():
        if list(module.children()):
            flags = [p.requires_grad for p in module.parameters()]
            if flags and not any(flags):
                module.eval()
        elif any(not p.requires_grad for p in module.parameters()):
            module.eval()
