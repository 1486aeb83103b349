# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    n = lambda m: sum(p.numel() for p in m.parameters())
    return n(classifier) / n(model), sum(p.numel() for p in last.parameters(recurse=False)) / n(model)
