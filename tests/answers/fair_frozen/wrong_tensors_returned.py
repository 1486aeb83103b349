# fails: fair_frozen-1 fair_frozen-2
import torch


def size(module):
    return sum(p.numel() for p in module.parameters())


def trainable_fractions(model, classifier, last):
    total = torch.tensor(float(size(model)))
    return size(classifier) / total, size(last) / total
