# the stride is an attribute
import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.features[0].stride = (1, 1)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, num_classes)
    names = []
    for name, tensor in model.state_dict().items():
        if name in before and torch.equal(tensor, before[name]):
            names.append(name)
    return model, names
