# fails: fair_frozen-2
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    def trains(module):
        return sum(p.numel() for p in module.parameters() if p.requires_grad)

    return trains(classifier) / size(model), trains(last) / size(model)
