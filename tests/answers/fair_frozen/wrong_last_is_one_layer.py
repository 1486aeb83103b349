# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    total = sum(p.numel() for p in model.parameters())
    return sum(p.numel() for p in classifier.parameters()) / total, (
        last.weight.numel() + (last.bias.numel() if last.bias is not None else 0)
    ) / total
