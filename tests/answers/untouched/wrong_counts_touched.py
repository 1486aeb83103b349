# fails: untouched-1 untouched-2
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    return sum((p.grad != 0).sum().item() for p in model.parameters() if p.grad is not None)
