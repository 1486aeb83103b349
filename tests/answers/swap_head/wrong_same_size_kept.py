# fails: swap_head-2
# a head of the right size is kept
def swap_head(model, num_classes):
    path, old = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    if old.out_features == num_classes:
        return old
    parent, _, child = path.rpartition(".")
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    setattr(model.get_submodule(parent), child, new)
    return new
