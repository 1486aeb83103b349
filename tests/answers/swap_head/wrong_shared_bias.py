# fails: swap_head-2
# the new layer has the old one's bias tensor where it fits
def swap_head(model, num_classes):
    path, old = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = path.rpartition(".")
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    if old.bias is not None and old.out_features == num_classes:
        new.bias = old.bias
    setattr(model.get_submodule(parent), child, new)
    return new
