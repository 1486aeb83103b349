# fails: fair_frozen-1 fair_frozen-2
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    total = size(classifier) + 1
    return size(classifier) / total, size(last) / total
