# fails: probe_size-2
def probe_size(model, head, num_classes):
    inputs = head.weight.shape[1]
    new = num_classes * (inputs + (head.bias is not None))
    rest = set()
    total = 0
    for m in model.modules():
        if m is head:
            continue
        for p in m.parameters(recurse=False):
            if True:
                rest.add(id(p))
                total += p.numel()
    return new, new / (total + new)
