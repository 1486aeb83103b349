# fails: probe_size-2
def count(module):
    own = sum(p.numel() for p in module.parameters(recurse=False))
    return own + sum(count(child) for _, child in module._modules.items())


def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    return trained, trained / (count(model) - count(head) + trained)
