# fails: fair_frozen-1 fair_frozen-2
def trainable_fractions(model, classifier, last):
    def weights(module):
        return sum(p.numel() for n, p in module.named_parameters() if n.endswith("weight"))

    return weights(classifier) / weights(model), weights(last) / weights(model)
