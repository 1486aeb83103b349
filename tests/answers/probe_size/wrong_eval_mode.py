# fails: probe_size-2
def probe_size(model, head, num_classes):
    model.eval()
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return trained, trained / (rest + trained)
