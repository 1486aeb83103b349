# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    model.eval()
    total = sum(p.numel() for p in model.parameters())
    inside, end = (sum(p.numel() for p in part.parameters()) for part in (classifier, last))
    return inside / total, end / total
