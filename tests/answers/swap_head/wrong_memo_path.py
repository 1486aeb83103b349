# fails: swap_head-1
# the path is remembered by class
_path = {}


def swap_head(model, num_classes):
    if type(model) not in _path:
        _path[type(model)] = [n for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = _path[type(model)].rpartition(".")
    old = model.get_submodule(_path[type(model)])
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    setattr(model.get_submodule(parent), child, new)
    return new
