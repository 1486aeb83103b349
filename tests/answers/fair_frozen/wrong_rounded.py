# fails: fair_frozen-1 fair_frozen-2
def trainable_fractions(model, classifier, last):
    def size(module):
        return sum(p.numel() for p in module.parameters())

    return round(size(classifier) / size(model), 4), round(size(last) / size(model), 4)
