# fails: untouched-1
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    F.cross_entropy(model(images[:1]), labels[:1]).backward()
    count = 0
    for parameter in model.parameters():
        grad = parameter.grad
        count += parameter.numel() if grad is None else int((grad == 0).sum())
    return count
