# fails: keep_stem-2
from torch import nn


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Identity()
    model.fc = nn.Linear(model.fc.in_features, model.fc.out_features)
    return model
