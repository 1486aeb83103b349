# fails: temperature-1 temperature-2
import torch


def find_temperature(logits, labels):
    accuracy = (logits.argmax(1) == labels).float().mean()
    grid = torch.linspace(-3, 4, 1400).exp().tolist()
    return min(grid, key=lambda t: abs(float((logits / t).softmax(1).amax(1).mean() - accuracy)))
