# fails: swap_head-1 swap_head-2
from torch import nn


def swap_head(model, num_classes):
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model.fc
