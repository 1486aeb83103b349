# fails: probe_size-1 probe_size-2
def probe_size(model, head, num_classes):
    new = head.weight.numel() + num_classes
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return new, new / (rest + new)
