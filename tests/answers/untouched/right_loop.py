# a loop over parameters
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    count = 0
    for parameter in model.parameters():
        gradient = parameter.grad
        count += parameter.numel() if gradient is None else int((gradient == 0).sum())
    return count
