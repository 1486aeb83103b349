# fails: untouched-1 untouched-2
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    count = 0.0
    for parameter in model.parameters():
        grad = parameter.grad
        count += parameter.numel() if grad is None else float((grad == 0).sum())
    return count
