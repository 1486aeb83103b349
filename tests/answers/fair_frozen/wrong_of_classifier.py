# fails: fair_frozen-1 fair_frozen-2
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    return size(classifier) / size(model), size(last) / size(classifier)
