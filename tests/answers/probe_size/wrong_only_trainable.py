# fails: probe_size-2
def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    own = {id(p) for p in head.parameters()}
    rest = sum(p.numel() for p in model.parameters() if p.requires_grad and id(p) not in own)
    return trained, trained / (rest + trained)
