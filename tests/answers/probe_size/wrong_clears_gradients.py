# fails: probe_size-2
def probe_size(model, head, num_classes):
    model.zero_grad()
    new = (head.weight[0].numel() + (head.bias is not None)) * num_classes
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return new, new / (rest + new)
