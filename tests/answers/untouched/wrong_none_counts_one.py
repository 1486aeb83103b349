# fails: untouched-2
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    return sum(1 if p.grad is None else int((p.grad == 0).sum()) for p in model.parameters())
