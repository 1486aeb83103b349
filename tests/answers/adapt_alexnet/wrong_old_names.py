# fails: adapt_alexnet-2
import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, num_classes)
    after = model.state_dict()
    names = [name for name in after if torch.equal(after[name], before[name])]
    return nn.Sequential(nn.Upsample(size=64), model), names
