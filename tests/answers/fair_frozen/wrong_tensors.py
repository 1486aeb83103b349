# fails: fair_frozen-1 fair_frozen-2
def trainable_fractions(model, classifier, last):
    total = len(list(model.parameters()))
    return len(list(classifier.parameters())) / total, len(list(last.parameters())) / total
