# from the shape of the head's weight
def probe_size(model, head, num_classes):
    inputs = head.weight.numel() // head.weight.shape[0]
    trained = num_classes * inputs + (num_classes if head.bias is not None else 0)
    backbone = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return trained, trained / (backbone + trained)
