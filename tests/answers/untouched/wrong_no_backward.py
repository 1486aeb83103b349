# fails: untouched-1 untouched-2
import torch.nn.functional as F


def untouched_parameters(model, images, labels):
    model.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    count = 0
    for parameter in model.parameters():
        if parameter.grad is None:
            count += parameter.numel()
        else:
            count += (parameter.grad == 0).sum().item()
    return count
