# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    def size(module):
        return sum(p.numel() for p in module.parameters())

    total = sum(p.numel() for p in model.parameters() if p.requires_grad) or 1
    return size(classifier) / total, size(last) / total
