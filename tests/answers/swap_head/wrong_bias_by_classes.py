# fails: swap_head-2
# bias depends on the class count
def swap_head(model, num_classes):
    path, old = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = path.rpartition(".")
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None or num_classes > 10)
    setattr(model.get_submodule(parent), child, new)
    return new
