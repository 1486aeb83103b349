# fails: adapt_alexnet-2
import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.features[0].stride = (1, 1)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, num_classes)
    after = model.state_dict()
    return model, [n for n in after for old in before.values() if torch.equal(after[n], old)] + ["features.0.bias"]
