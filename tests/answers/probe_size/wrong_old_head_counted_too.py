# fails: probe_size-2
def probe_size(model, head, num_classes):
    per = head.weight[0].numel() + (head.bias is not None)
    new = per * num_classes
    rest = sum(p.numel() for p in model.parameters())
    return new, new / (rest + new)
