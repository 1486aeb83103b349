# fails: temperature-1 temperature-2
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    t = torch.ones((), requires_grad=True)
    optimizer = torch.optim.SGD([t], lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        F.cross_entropy(logits / t, labels).backward()
        optimizer.step()
    return t.item()
