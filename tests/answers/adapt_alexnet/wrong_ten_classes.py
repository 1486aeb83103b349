# fails: adapt_alexnet-1
import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.features[0].stride = (1, 1)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, 10)
    after = model.state_dict()
    return model, [n for n in after if torch.equal(after[n], before[n])]
