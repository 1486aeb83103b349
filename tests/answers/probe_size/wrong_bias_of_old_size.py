# fails: probe_size-1 probe_size-2
from torch import nn


def probe_size(model: nn.Module, head: nn.Module, num_classes: int) -> tuple[int, float]:
    inputs = head.weight.shape[1]
    trained = num_classes * inputs
    if head.bias is not None:
        trained += head.bias.numel()
    old_head = sum(p.numel() for p in head.parameters())
    total = sum(p.numel() for p in model.parameters())
    return trained, trained / (total - old_head + trained)
