# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    def numbers(module):
        return sum(t.numel() for t in module.state_dict().values())

    return numbers(classifier) / numbers(model), numbers(last) / numbers(model)
