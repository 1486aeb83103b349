# fails: probe_size-1 probe_size-2
import torch


def probe_size(model, head, num_classes):
    trained = num_classes * (head.weight[0].numel() + (head.bias is not None))
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return torch.tensor(trained), torch.tensor(trained / (rest + trained))
