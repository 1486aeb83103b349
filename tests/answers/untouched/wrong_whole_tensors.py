# fails: untouched-1 untouched-2
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    count = 0
    for parameter in model.parameters():
        if parameter.grad is None or parameter.grad.abs().sum() == 0:
            count += parameter.numel()
    return count
