# which parameters of the model lie inside
def trainable_fractions(model, classifier, last):
    fractions = []
    for module in (classifier, last):
        inside = {id(p) for p in module.parameters()}
        sizes = [(p.numel(), id(p) in inside) for p in model.parameters()]
        fractions.append(sum(n for n, trains in sizes if trains) / sum(n for n, _ in sizes))
    return tuple(fractions)
