# fails: freeze-1
# by shape
def train_mode(model: nn.Module) -> None:
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()


def freeze_backbone(model, head):
    shapes = [q.shape for q in head.parameters()]
    for p in model.parameters():
        p.requires_grad_(p.shape in shapes)
