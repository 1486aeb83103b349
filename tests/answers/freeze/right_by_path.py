# names of modules, but taken from identity
def freeze_backbone(model, head):
    (path,) = [name for name, module in model.named_modules() if module is head]
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(path + "."))


def train_mode(model):
    trainable = [name for name, p in model.named_parameters() if p.requires_grad]
    model.train()
    for path, module in model.named_modules():
        own = [name for name, _ in module.named_parameters(prefix=path)]
        if own and not set(own) & set(trainable):
            module.train(False)
