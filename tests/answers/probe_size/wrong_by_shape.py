# fails: probe_size-2
# leaves out every tensor of the head's shapes
def probe_size(model, head, num_classes):
    shapes = {p.shape for p in head.parameters()}
    new = num_classes * (head.weight.shape[1] + (head.bias is not None))
    rest = sum(p.numel() for p in model.parameters() if p.shape not in shapes)
    return new, new / (rest + new)
