# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    def size(module):
        return sum(p.numel() for m in module.modules() for p in m.parameters(recurse=False))

    return size(classifier) / size(model), size(last) / size(model)
