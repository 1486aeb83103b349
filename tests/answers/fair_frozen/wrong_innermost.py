# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    def size(module):
        layers = [m for m in module.modules() if not list(m.children())]
        return sum(p.numel() for p in {p for layer in layers for p in layer.parameters()})

    return size(classifier) / size(model), size(last) / size(model)
