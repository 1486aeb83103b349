# a module of its own lets the picture grow
import torch.nn.functional as F
from torch import nn


class Enlarged(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(F.interpolate(x, scale_factor=2.5, mode="nearest"))


def adapt_alexnet(model, num_classes):
    numbers = {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}
    *layers, last = model.classifier
    model.classifier = nn.Sequential(*layers, nn.Linear(last.in_features, num_classes))
    now = {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}
    return Enlarged(model), [f"network.{name}" for name in now if now[name] == numbers[name]]
