# three sums
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    total = size(model)
    return size(classifier) / total, size(last) / total
