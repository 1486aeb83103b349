# fails: probe_size-1 probe_size-2
def probe_size(model, head, num_classes):
    new = num_classes * head.weight.shape[1] + num_classes * (head.bias is not None)
    trained = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return trained + new, 1.0
