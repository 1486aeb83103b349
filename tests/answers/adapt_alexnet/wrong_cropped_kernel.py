# fails: adapt_alexnet-1
import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    new = nn.Conv2d(3, 64, 3, padding=1)
    new.weight.data = model.features[0].weight.data[:, :3, 1:4, 1:4].clone()
    model.features[0] = new
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, num_classes)
    after = model.state_dict()
    return model, [name for name in after if torch.equal(after[name], before[name])]
