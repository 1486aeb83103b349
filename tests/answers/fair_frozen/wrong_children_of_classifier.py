# fails: fair_frozen-2
def trainable_fractions(
    model: nn.Module, classifier: nn.Module, last: nn.Module
) -> tuple[float, float]:
    """Fractions (0 to 1) of the model's parameters that lie in `classifier` and in `last`."""

    total = sum(p.numel() for p in model.parameters())
    in_classifier = {id(p): p.numel() for layer in classifier.children() for p in layer.parameters()}
    in_last = sum(p.numel() for p in last.parameters())
    return sum(in_classifier.values()) / total, in_last / total
