# fails: fair_frozen-1 fair_frozen-2
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    total, inside, end = size(model), size(classifier), size(last)
    return inside / (total - inside), end / (total - end)
