# the picture grows first; the names get a prefix
import copy

import torch
from torch import nn


def adapt_alexnet(model, num_classes):
    stock = copy.deepcopy(model)
    model.classifier[-1] = nn.Linear(model.classifier[-1].in_features, num_classes)
    larger = nn.Sequential(nn.Upsample(size=64, mode="bilinear"), model)
    names = [f"1.{n}" for n, p in stock.named_parameters() if torch.equal(model.get_parameter(n), p)]
    return larger, names
