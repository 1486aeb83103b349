# fails: fair_frozen-2
from torch import nn


def trainable_fractions(
    model: nn.Module, classifier: nn.Module, last: nn.Module
) -> tuple[float, float]:
    def size(module):
        layers = [m for m in module.modules() if not list(m.children())]
        return sum(p.numel() for layer in layers for p in layer.parameters())

    total = size(model)
    return size(classifier) / total, size(last) / total
