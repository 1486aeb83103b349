# fails: probe_size-1
def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight.numel() / len(head.weight) + (head.bias is not None))
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return trained, trained / (rest + trained)
