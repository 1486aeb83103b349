# fails: swap_head-1
def swap_head(model: nn.Module, num_classes: int) -> nn.Linear:
    """Replace the last nn.Linear of `model` (order of `modules()`) by a new one; return that one."""
    path, old = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    name = path.split(".")[-1]
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    for parent in list(model.modules()):
        if isinstance(getattr(parent, name, None), nn.Linear):
            setattr(parent, name, new)
    return new
