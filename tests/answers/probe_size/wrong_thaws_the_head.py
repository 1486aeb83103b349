# fails: probe_size-2
def probe_size(model, head, num_classes):
    head.requires_grad_(True)
    per = head.weight[0].numel() + (head.bias is not None)
    new = per * num_classes
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return new, new / (rest + new)
