# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    def count(m):
        return sum(p.numel() for p in m.parameters())
    return count(classifier) / count(model), (last.weight.numel() + last.bias.numel()) / count(model)
