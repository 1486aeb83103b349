# fails: probe_size-2
def probe_size(model, head, num_classes):
    old = sum(p.numel() for p in head.parameters())
    trained = round(old / head.weight.shape[0]) * num_classes
    total = sum(p.numel() for p in model.parameters()) - old + trained
    model.zero_grad(set_to_none=True)
    for p in model.parameters():
        p.grad = None
    head.weight.data.normal_()
    return trained, trained / total
