# fails: probe_size-2
def probe_size(model, head, num_classes):
    model.requires_grad_(False)
    trained = num_classes * head.weight.shape[1] + num_classes * (head.bias is not None)
    backbone = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    head.requires_grad_(True)
    return trained, trained / (backbone + trained)
