# a partial object, and a set of frozen modules
from functools import partial


def only(train, model, head):
    for p in model.parameters():
        p.requires_grad = not train
    for p in head.parameters():
        p.requires_grad = train


def train_mode(model):
    frozen = set()
    for module in model.modules():
        parameters = [*module.parameters()]
        if len(parameters) and all(not p.requires_grad for p in parameters):
            frozen.update(module.modules())
    for module in model.modules():
        module.training = module not in frozen


freeze_backbone = partial(only, True)
