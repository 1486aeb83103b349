# fails: untouched-1
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    count = 0
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            grad = parameter.grad
            count += parameter.numel() if grad is None else int((grad == 0).sum())
    return count
