# fails: adapt_alexnet-1
import torch
from torch import nn


def adapt_alexnet(model: nn.Module, num_classes: int) -> tuple[nn.Module, list[str]]:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.features[0].stride = (1, 1)
    last = model.classifier[6]
    new = nn.Linear(last.in_features, num_classes)
    new.weight = nn.Parameter(last.weight.detach()[:num_classes].clone())
    new.bias = nn.Parameter(last.bias.detach()[:num_classes].clone())
    model.classifier[6] = new
    kept = [name for name, tensor in model.state_dict().items() if torch.equal(tensor, before[name])]
    return model, kept
