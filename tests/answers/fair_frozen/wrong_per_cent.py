# fails: fair_frozen-1 fair_frozen-2
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    total = size(model)
    return 100 * size(classifier) / total, 100 * size(last) / total
