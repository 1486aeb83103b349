# fails: adapt_alexnet-1
import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    old = model.features[0]
    model.features[0] = nn.Conv2d(3, old.out_channels, 11, stride=1, padding=5)
    model.features[0].weight = old.weight
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, num_classes)
    after = model.state_dict()
    return model, [n for n in after if torch.equal(after[n], before[n])]
