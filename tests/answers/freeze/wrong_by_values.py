# fails: freeze-1
# a parameter that has the head's values is taken for the head's
def train_mode(model: nn.Module) -> None:
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()


def freeze_backbone(model, head):
    for p in model.parameters():
        p.requires_grad_(any(p.shape == q.shape and torch.equal(p, q) for q in head.parameters()))
