# names of trainable parameters, and the modules above them
def freeze_backbone(model, head):
    [p.requires_grad_(False) for p in model.parameters()]
    [p.requires_grad_(True) for p in head.parameters()]


def above(name):
    parts = name.split(".")[:-1]
    yield from (".".join(parts[:n]) for n in range(len(parts) + 1))


def train_mode(model):
    model.train()
    trains = {path for name, p in model.named_parameters() if p.requires_grad for path in above(name)}
    holds = {path for name, _ in model.named_parameters() for path in above(name)}
    for path in sorted(holds - trains):
        model.get_submodule(path).eval()
