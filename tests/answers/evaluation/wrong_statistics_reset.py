# fails: evaluation-2
import torch
import torch.nn.functional as F
from torch import nn


def evaluate(model, batches):
    was_training = model.training
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_running_stats()
    loss_sum, correct, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            loss_sum += F.cross_entropy(logits, y).item() * len(y)
            correct += (logits.argmax(dim=1) == y).sum().item()
            n += len(y)
    model.train(was_training)
    return loss_sum / n, correct / n
