# freeze a copy, then count
import copy


def trainable_fractions(model, classifier, last):
    def fraction(module):
        whole, part = copy.deepcopy((model, module))
        whole.requires_grad_(False)
        part.requires_grad_(True)
        flags = [(p.numel(), p.requires_grad) for p in whole.parameters()]
        return sum(n * trains for n, trains in flags) / sum(n for n, _ in flags)

    return fraction(classifier), fraction(last)
