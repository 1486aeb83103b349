# fails: probe_size-2
def probe_size(model, head, num_classes):
    if hasattr(head, "out_features"):
        head.out_features = num_classes
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return trained, trained / (rest + trained)
