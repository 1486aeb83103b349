# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    paths = {module: name for name, module in model.named_modules()}
    sizes = {name: p.numel() for name, p in model.named_parameters()}

    def fraction(part):
        inside = sum(n for name, n in sizes.items() if name.startswith(paths[part]))
        return inside / sum(sizes.values())

    return fraction(classifier), fraction(last)
