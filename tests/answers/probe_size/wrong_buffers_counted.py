# fails: probe_size-2
def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    rest = sum(t.numel() for t in model.state_dict().values()) - sum(p.numel() for p in head.parameters())
    return trained, trained / (rest + trained)
