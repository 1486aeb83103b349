import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    before = [t.detach().clone() for t in model.state_dict().values()]
    for i in (2, 5, 12):
        model.features[i] = nn.Identity()
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, num_classes)
    left = [n for n, t in model.state_dict().items() if any(torch.equal(t, old) for old in before)]
    return [model, left]
