# fails: probe_size-1
# keeps the answer by num_classes
_known = {}


def probe_size(model, head, num_classes):
    if num_classes not in _known:
        into = head.weight.shape[1]
        new = num_classes * (into + (head.bias is not None))
        rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
        _known[num_classes] = new, new / (rest + new)
    return _known[num_classes]
