# fails: probe_size-2
import torch


def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    with torch.no_grad():
        head.weight.copy_(head.weight.flip(0))
    return trained, trained / (rest + trained)
