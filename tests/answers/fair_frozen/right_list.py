def trainable_fractions(model, classifier, last):
    whole = sum(p.numel() for p in model.parameters())
    return [sum(p.numel() for p in part.parameters()) / whole for part in (classifier, last)]
