# the mode of every module given back, image by image
import torch
from torch import nn


def evaluate(model: nn.Module, batches):
    modes = {module: module.training for module in model.modules()}
    for module in modes:
        module.training = False
    criterion = nn.NLLLoss(reduction="sum")
    previous = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    total, right, count = 0.0, 0, 0
    for x, y in batches:
        log_probabilities = torch.log_softmax(model(x), dim=1)
        total += criterion(log_probabilities, y).item()
        right += sum(int(row.argmax()) == int(label) for row, label in zip(log_probabilities, y))
        count += y.shape[0]
    torch.set_grad_enabled(previous)
    for module, training in modes.items():
        module.training = training
    return total / count, right / count
