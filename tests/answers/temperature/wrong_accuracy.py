# fails: temperature-1 temperature-2
import torch


def find_temperature(logits, labels):
    accuracies = [((logits / t).argmax(1) == labels).float().mean() for t in (0.3, 1.0, 4.0, 30.0)]
    return (0.3, 1.0, 4.0, 30.0)[int(torch.stack(accuracies).argmax())]
