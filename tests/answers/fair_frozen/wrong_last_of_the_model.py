# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    def size(module):
        return sum(p.numel() for p in module.parameters())

    layers = [m for m in classifier.modules() if not list(m.children())]
    return size(classifier) / size(model), size(layers[-1]) / size(model)
