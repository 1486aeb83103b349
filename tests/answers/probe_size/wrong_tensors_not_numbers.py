# fails: probe_size-2
def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    return trained, len(list(head.parameters())) / len(list(model.parameters()))
