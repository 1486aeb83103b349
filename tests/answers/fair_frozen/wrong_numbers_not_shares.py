# fails: fair_frozen-1 fair_frozen-2


def trainable_fractions(model, classifier, last):
    total = sum(p.numel() for p in model.parameters())
    a = sum(p.numel() for p in classifier.parameters())
    b = sum(p.numel() for p in last.parameters())
    return float(a), float(b)
