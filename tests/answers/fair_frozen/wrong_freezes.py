# fails: fair_frozen-2
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    model.requires_grad_(False)
    last.requires_grad_(True)
    return size(classifier) / size(model), size(last) / size(model)
