# fails: fair_frozen-2
def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    named = sum(p.numel() for n, p in model.named_parameters() if "classifier" in n)
    return named / size(model), size(last) / size(model)
